using System.Text;
using Xenolith.Host;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// What the hypervisor has to say, for <c>xl dmesg</c>: one file of bounded size for the host, appended by all monitors in whole lines.
/// Thread ownership: any thread; appends of whole lines do not mix.
/// </summary>
internal sealed class HypervisorLog(RunDirectory run)
{
    private const string FileName = "dmesg";
    private const long MaxBytes = 64 * 1024;

    /// <summary>Appends a line, with Xen's own mark before it.</summary>
    public void Write(string line)
    {
        try
        {
            var path = run.Root.PathOf(FileName);
            using var file = Descriptors.OpenForAppend(path);
            if (RandomAccess.GetLength(file) > MaxBytes)
            {
                RotatingLog.Rotate(path, 1);
            }

            Descriptors.WriteAll(file, Encoding.UTF8.GetBytes($"(XEN) {PrintableText.OneLine(line)}\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without room on the disk there is no dmesg; the domain goes on.
        }
    }

    /// <summary>All lines kept.</summary>
    public string Read()
    {
        var text = new StringBuilder();
        foreach (var name in (string[])[$"{FileName}.1", FileName])
        {
            var path = run.Root.PathOf(name);
            if (File.Exists(path))
            {
                text.Append(File.ReadAllText(path));
            }
        }

        return text.ToString();
    }

    /// <summary>Forgets the lines (<c>xl dmesg -c</c>).</summary>
    public void Clear()
    {
        run.Root.Delete($"{FileName}.1");
        run.Root.Delete(FileName);
    }
}
