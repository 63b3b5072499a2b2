using Xenolith.Host;
using Xenolith.Host.Network;
using Xenolith.Toolstack.Devices.Hotplug;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack.Networks;

/// <summary>The host's network as it is. Thread ownership: one thread.</summary>
/// <param name="settings">What the administrator set.</param>
internal sealed class HostNetwork(HostSettings settings) : IHostNetwork, IDisposable
{
    private const string TunDevice = "/dev/net/tun";
    private const string ScriptLog = "/var/log/xen/xen-hotplug.log";
    private static readonly string[] ProgramDirectories = ["/usr/bin", "/usr/local/bin", "/bin"];

    private readonly NetworkInterfaces _interfaces = NetworkInterfaces.Open();

    /// <inheritdoc/>
    public string DefaultBridge => settings.DefaultBridge;

    /// <inheritdoc/>
    public string ScriptDirectory => HotplugScript.Directory;

    /// <inheritdoc/>
    public bool Exists(string name) => _interfaces.Exists(name);

    /// <inheritdoc/>
    public bool IsBridge(string name) => _interfaces.IsBridge(name);

    /// <inheritdoc/>
    public string? WhyNoTaps()
    {
        if (!CurrentProcess.HasCapability(CurrentProcess.NetAdministration))
        {
            return "it lacks CAP_NET_ADMIN";
        }

        return File.Exists(TunDevice) ? null : $"this system has no {TunDevice} (modprobe tun)";
    }

    /// <inheritdoc/>
    public string? BridgeScript()
    {
        // Xen's scripts are written for root: they end at once, without a word, if their log cannot be written.
        var script = Path.Combine(ScriptDirectory, "vif-bridge");
        if (RunDirectory.UserId() != 0 || !File.Exists(script))
        {
            return null;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(ScriptLog)!);
            using var log = Descriptors.OpenForAppend(ScriptLog);
            return script;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public string? FindPasst()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? string.Empty;
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(ProgramDirectories).Select(d => Path.Combine(d, "passt")).FirstOrDefault(File.Exists);
    }

    /// <inheritdoc/>
    public bool WantsUplink(string name) => settings.SwitchUplinks.Contains(name);

    /// <inheritdoc/>
    public bool HasSlirp() => SlirpPackage.IsInstalled();

    /// <inheritdoc/>
    public void Dispose() => _interfaces.Dispose();
}
