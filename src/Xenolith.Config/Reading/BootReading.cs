using System.Collections.Immutable;
using Xenolith.Config.Grammar;

namespace Xenolith.Config.Reading;

/// <summary>Reads what a domain boots.</summary>
internal static class BootReading
{
    private static readonly string[] TscModes = ["default", "always_emulate", "native", "native_paravirt"];

    /// <summary><c>cmdline</c>, or <c>root</c> and <c>extra</c> put together; null when none is given.</summary>
    public static string? CommandLine(SettingReader reader)
    {
        var (whole, root, extra) = (reader.Text("cmdline"), reader.Text("root"), reader.Text("extra"));
        if (whole is null)
            return root is null ? extra : extra is null ? $"root={root}" : $"root={root} {extra}";
        if (root is not null || extra is not null)
            reader.Diagnostics.Warning(reader.PositionOf("cmdline"), "`root' and `extra' are ignored in favour of `cmdline'");
        return whole;
    }

    /// <summary>The kernel: the file named, or the one that <c>firmware</c> stands for in a PV guest.</summary>
    public static string? Kernel(SettingReader reader, DomainType type)
    {
        var kernel = reader.Text("kernel");
        if (type == DomainType.Hvm || reader.Text("firmware") is not { Length: > 0 } firmware)
            return kernel;
        var at = reader.PositionOf("firmware");
        if (kernel is not null)
            reader.Diagnostics.Error(at, "`kernel' and `firmware' are both given, and each is what is booted; keep one");
        else if (FirmwareImage.Find(firmware, File.Exists, out var problem) is { } image)
            return image;
        else if (FirmwareImage.IsKnown(firmware))
            reader.Diagnostics.Creation(at, problem!);
        else
            reader.Diagnostics.Error(at, problem!);
        return kernel;
    }

    /// <summary>The arguments of the boot loader, in a list or in one string.</summary>
    public static ImmutableArray<string> LoaderArguments(SettingReader reader)
    {
        if (reader.Text("bootloader_args") is not { } line)
            return [.. reader.Atoms("bootloader_args").Select(atom => atom.Text)];
        reader.Diagnostics.Warning(reader.PositionOf("bootloader_args"), "`bootloader_args' as one string is the older form; a list is better");
        return [.. line.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>The name of the TSC mode; null when not said.</summary>
    public static string? TscMode(SettingReader reader)
    {
        if (reader.Text("tsc_mode") is not { } text)
            return null;
        if (CNumber.TryParse(text, out var number) && number is >= 0 and <= 3)
            return TscModes[number];
        if (TscModes.Contains(text))
            return text;
        reader.Diagnostics.Error(reader.PositionOf("tsc_mode"), $"`tsc_mode' is \"{text}\"; known are {string.Join(", ", TscModes)}");
        return null;
    }

    /// <summary>Checks that there is something to boot, and that its type can run.</summary>
    public static void Check(SettingReader reader, DomainConfig config)
    {
        if (config.Type != DomainType.Hvm && config.Kernel is null && config.Bootloader is null && reader.Text("firmware") is null)
            reader.Diagnostics.Error(null, "neither `kernel' nor `bootloader' is given, so there is nothing to boot; add kernel = \"...\"");
        if (config.Type != DomainType.Hvm && config.Bootloader is { } loader && BootloaderProgram.Refuse(loader) is { } refusal)
            reader.Diagnostics.Creation(reader.PositionOf("bootloader"), refusal);
        if (config.Type == DomainType.Pv)
            return;
        var at = reader.PositionOf("type") ?? reader.PositionOf("builder");
        var name = config.Type.ToString().ToLowerInvariant();
        reader.Diagnostics.Creation(at, $"guests of type \"{name}\" are not built yet; type = \"pv\" is what runs");
    }
}
