using Xenolith.Host;
using Xenolith.Toolstack.Hosts;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices.Hotplug;

/// <summary>
/// A note in a domain's directory that a hotplug script was run for one of its devices, and as which process. If monitor and domain are killed together, nobody is
/// left to run the script's other half; the next xl finds the note and does (firewall rules and loop devices would stay for ever otherwise). A script that is
/// still at work then is ended before: it would make things behind the back of its other half.
/// </summary>
internal static class PluggedScript
{
    private const string Prefix = "plugged-";
    private const int Fields = 6, EndMilliseconds = 10_000;

    /// <summary>Leaves the note, before the script runs, and again when it does.</summary>
    /// <param name="state">The host.</param>
    /// <param name="domid">The domain.</param>
    /// <param name="script">The script.</param>
    /// <param name="process">The process that runs it, which leads a session; null if none does yet.</param>
    public static void Note(HostState state, int domid, HotplugScript script, ProcessIdentity? process)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(script);
        using var directory = state.Open(domid);
        if (directory is not null)
        {
            state.WriteText(directory, NameOf(script), string.Join('\n', script.Path, script.Kind, script.BackendPath, script.Interface, script.GatewayDevice, process.ToString()));
        }
    }

    /// <summary>Takes the note away: the script's other half has run.</summary>
    public static void Forget(HostState state, int domid, HotplugScript script)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(script);
        using var directory = state.Open(domid);
        directory?.Delete(NameOf(script));
    }

    /// <summary>
    /// Runs the other halves for a domain whose processes are gone. The store is started if need be, since scripts read it; it still has the
    /// domain's nodes. A script that fails changes nothing: an interface has gone with its process.
    /// </summary>
    /// <param name="state">The host, locked by the caller.</param>
    /// <param name="stores">The way to its store.</param>
    /// <param name="domid">The dead domain.</param>
    /// <param name="milliseconds">How long each script may take.</param>
    public static void Unplug(HostState state, IHostStoreFinder stores, int domid, int milliseconds)
    {
        ArgumentNullException.ThrowIfNull(state);
        using var directory = state.Open(domid);
        foreach (var name in directory?.Names().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).ToList() ?? [])
        {
            if (state.ReadText(directory!, name).Split('\n') is not { Length: Fields } note)
            {
                continue;
            }

            End(note[5]);
            using var store = stores.Start();
            var loop = new EventLoop();
            var ended = false;
            new HotplugScript(note[0], note[1], string.Empty, note[2], note[3], note[4]).Undoing.Start(loop, state.Run, milliseconds, _ => ended = true);
            loop.RunUntil(() => ended, int.MaxValue);
        }
    }

    /// <summary>Ends what a script's process is still at, if it is.</summary>
    private static void End(string noted)
    {
        using var process = ProcessIdentity.TryParse(noted, out var identity) ? identity.TryOpen() : null;
        try
        {
            process?.SignalGroup(ProcessHandle.Kill);
        }
        catch (HostException e) when (e.Errno == Errno.EPERM)
        {
            // It became somebody else's. Its other half has to cope with that.
            return;
        }

        // What a kernel does not let go of (a dead file server) is left to itself.
        process?.WaitForEnd(EndMilliseconds);
    }

    /// <summary>A name that no other device of the domain has: <c>plugged-vif5.0</c>, <c>plugged-vbd-5-51712</c>.</summary>
    private static string NameOf(HotplugScript script) =>
        Prefix + (script.Interface.Length > 0 ? script.Interface : string.Join('-', script.BackendPath.Split('/')[^3..]));
}
