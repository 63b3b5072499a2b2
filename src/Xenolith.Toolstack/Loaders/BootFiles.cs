using Microsoft.Win32.SafeHandles;
using Xenolith.Config;
using Xenolith.Host;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Loaders;

/// <summary>What a domain boots, open: named by its configuration, or found by the boot loader on its disk.</summary>
internal sealed record BootFiles : IDisposable
{
    /// <summary>The kernel.</summary>
    public required SafeFileHandle Kernel { get; init; }

    /// <summary>The ramdisk, or null.</summary>
    public SafeFileHandle? Ramdisk { get; init; }

    /// <summary>The kernel's name for people.</summary>
    public required string KernelName { get; init; }

    /// <summary>The ramdisk's name for people, or null.</summary>
    public string? RamdiskName { get; init; }

    /// <summary>The kernel's command line, or null.</summary>
    public string? CommandLine { get; init; }

    /// <summary>Opens what a configuration without a boot loader names.</summary>
    /// <exception cref="ToolstackException">It cannot be opened.</exception>
    public static BootFiles Open(MonitorContext context, DomainConfig config)
    {
        var kernel = Open(context, config, config.Kernel, "kernel");
        try
        {
            return new()
            {
                Kernel = kernel,
                Ramdisk = config.Ramdisk is null ? null : Open(context, config, config.Ramdisk, "ramdisk"),
                KernelName = config.Kernel!,
                RamdiskName = config.Ramdisk,
                CommandLine = config.CommandLine,
            };
        }
        catch
        {
            kernel.Dispose();
            throw;
        }
    }

    /// <summary>The configuration with what is really booted.</summary>
    public DomainConfig In(DomainConfig config) => config with { Kernel = KernelName, Ramdisk = RamdiskName, CommandLine = CommandLine };

    /// <inheritdoc/>
    public void Dispose()
    {
        Kernel.Dispose();
        Ramdisk?.Dispose();
    }

    private static SafeFileHandle Open(MonitorContext context, DomainConfig config, string? path, string what)
    {
        if (path is null)
        {
            throw new ToolstackException($"domain {config.Name} has no {what}. Set `{what}` to the path of an image.", ToolstackException.CreationFailed);
        }

        var whole = Path.Combine(context.WorkingDirectory, path);
        try
        {
            return Directory.Exists(whole)
                ? throw new ToolstackException($"{what} {path} is a directory. Set `{what}` to the path of an image.", ToolstackException.CreationFailed)
                : Descriptors.OpenForReading(whole);
        }
        catch (HostException e)
        {
            var step = e.Errno == Errno.EACCES ? "Make it readable for this user." : $"Check `{what}` in the configuration.";
            throw new ToolstackException($"cannot open {what} {path}: {e.Reason}. {step}", ToolstackException.CreationFailed, e);
        }
    }
}
