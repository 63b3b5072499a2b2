using System.Diagnostics;

namespace Xenolith.Tests.Unit.Host;

/// <summary>A file system in memory with little room, mounted in a namespace of its own, so that no right is needed; it is reached through a process that lives there.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    private readonly string _mountedOn = Directory.CreateTempSubdirectory("xenolith-small-").FullName;
    private readonly Process _shell;

    public SmallFileSystem(int mebibytes)
    {
        _shell = Process.Start(new ProcessStartInfo("unshare", [
            "--user", "--map-root-user", "--mount", "sh", "-c", $"mount -t tmpfs -o size={mebibytes}m tmpfs $0 && echo mounted && read line", _mountedOn])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        if (_shell.StandardOutput.ReadLine() is null)
        {
            throw new InvalidOperationException(_shell.StandardError.ReadToEnd());
        }
    }

    /// <summary>Path of a file on it.</summary>
    public string File(string name) => $"/proc/{_shell.Id}/root{_mountedOn}/{name}";

    /// <summary>Leaves no room on it.</summary>
    public void Fill()
    {
        using var file = System.IO.File.Create(File("filler"), bufferSize: 0);
        try
        {
            for (var piece = new byte[4096]; ;)
            {
                file.Write(piece);
            }
        }
        catch (IOException)
        {
            // No space left on device.
        }
    }

    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
        Directory.Delete(_mountedOn);
    }
}
