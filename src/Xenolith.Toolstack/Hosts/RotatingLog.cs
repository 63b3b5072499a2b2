using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// A log file of bounded size: when it is full it becomes <c>NAME.1</c>, the old <c>NAME.1</c> becomes <c>NAME.2</c>, and so on; the last one goes.
/// A full disk loses log lines and nothing else: the loss is counted and told once there is room.
/// <para>Thread ownership: one thread.</para>
/// </summary>
internal sealed class RotatingLog : IDisposable
{
    private readonly string _path;
    private readonly long _bytes;
    private readonly int _count;
    private SafeFileHandle? _file;
    private long _written;
    private long _lost;

    /// <summary>Opens a log for appending.</summary>
    /// <param name="path">The current file.</param>
    /// <param name="bytes">Size at which it is rotated.</param>
    /// <param name="count">Rotated files kept.</param>
    public RotatingLog(string path, long bytes, int count)
    {
        _path = path;
        _bytes = Math.Max(bytes, 4096);
        _count = count;
        Open();
    }

    /// <summary>The current file's path.</summary>
    public string Path => _path;

    /// <summary>The current file's handle, for a child's output; null while it cannot be opened.</summary>
    public SafeFileHandle? File => _file;

    /// <summary>Moves every file one number up; the last one goes.</summary>
    public static void Rotate(string path, int count)
    {
        if (!System.IO.File.Exists(path))
        {
            return;
        }

        if (count == 0)
        {
            System.IO.File.Delete(path);
            return;
        }

        for (var number = count - 1; number >= 1; number--)
        {
            if (System.IO.File.Exists($"{path}.{number}"))
            {
                System.IO.File.Move($"{path}.{number}", $"{path}.{number + 1}", overwrite: true);
            }
        }

        System.IO.File.Move(path, $"{path}.1", overwrite: true);
    }

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (_written + data.Length > _bytes && _written > 0)
        {
            RotateNow();
        }

        try
        {
            if (_file is null)
            {
                Open();
            }

            if (_file is not null)
            {
                if (_lost > 0)
                {
                    Descriptors.WriteAll(_file, Encoding.UTF8.GetBytes($"\n[{_lost} bytes of this log were lost: no room on the disk]\n"));
                    _lost = 0;
                }

                Descriptors.WriteAll(_file, data);
                _written += data.Length;
                return;
            }
        }
        catch (HostException)
        {
            // A disk without room must not stop a domain: the count below is the report.
        }

        _lost += data.Length;
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void RotateNow()
    {
        _file?.Dispose();
        _file = null;
        try
        {
            Rotate(_path, _count);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The old file stays; every later write tries again.
        }

        Open();
    }

    private void Open()
    {
        try
        {
            _file = Descriptors.OpenForAppend(_path);
            _written = RandomAccess.GetLength(_file);
        }
        catch (HostException)
        {
            _file = null; // counted by Write
        }
    }
}
