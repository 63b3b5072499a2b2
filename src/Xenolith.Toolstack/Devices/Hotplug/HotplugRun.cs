using Xenolith.Host;

namespace Xenolith.Toolstack.Devices.Hotplug;

/// <summary>Runs the hotplug script of a device, both halves, and keeps the note that one is owed. Thread ownership: the monitor's thread.</summary>
/// <param name="around">The device's surroundings.</param>
/// <param name="script">The script.</param>
internal sealed class HotplugRun(DeviceSurroundings around, HotplugScript script)
{
    private RunningScript? _making;

    /// <summary>Runs the half that makes something.</summary>
    /// <param name="done">Called once with null, or with what went wrong: no full stop at its end, so that a next step can follow.</param>
    public void Do(Action<string?> done)
    {
        PluggedScript.Note(around.Context.State, around.Address.Domid, script, process: null);
        _making = Start(script, error => done(Told(error)));
    }

    /// <summary>Runs the half that removes it again, after ending the other if that is still at work. Cannot fail: what goes wrong is logged.</summary>
    public void Undo(Action done)
    {
        _making?.End();
        Start(script.Undoing, error =>
        {
            if (error is not null)
            {
                around.Log(error);
            }

            PluggedScript.Forget(around.Context.State, around.Address.Domid, script);
            done();
        });
    }

    private RunningScript? Start(HotplugScript half, Action<string?> done)
    {
        var running = half.Start(around.Context.Loop, around.Context.State.Run, around.Context.Settings.HotplugSeconds * 1000, done);
        try
        {
            if (running is not null)
            {
                PluggedScript.Note(around.Context.State, around.Address.Domid, script, running.Process);
            }
        }
        catch (HostException e) when (e.Errno is Errno.ENOSPC or Errno.EROFS)
        {
            // The note that a script was run stands. Nobody could end this one if the monitor were killed now: no reason to let it fail.
        }

        return running;
    }

    /// <summary>A script may tell of its failure in the store, by its exit code, or both.</summary>
    private string? Told(string? error)
    {
        string? Read(string name) => around.Store.Do(s => s.Read($"{script.BackendPath}/{name}"));
        if (error is null && Read("hotplug-status") is not ("error" or "busy"))
        {
            return null;
        }

        var said = Read("hotplug-error");
        var words = error ?? $"the hotplug script {script.Path} reported an error";
        // Scripts that use Xen's functions say the same in the store and in their output.
        return (string.IsNullOrEmpty(said) || words.Contains(said, StringComparison.Ordinal) ? words : $"{words}: {said}").TrimEnd('.');
    }
}
