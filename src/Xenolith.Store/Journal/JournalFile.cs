using Microsoft.Win32.SafeHandles;
using Xenolith.Host;

namespace Xenolith.Store.Journal;

/// <summary>
/// Appends records to a file through a window of memory: a record costs a copy and no system call, and belongs to the file at once.
/// Disk space is reserved a window ahead, so a full disk is met before a change is made, not after.
/// </summary>
internal sealed class JournalFile(SafeFileHandle file, long end) : IDisposable
{
    private const int PageSize = 4096;
    private const int WindowSize = 128 * 1024;

    private FileWindow? _window;
    private int _recordOffset;

    /// <summary>Where the next record goes.</summary>
    public long End { get; private set; } = end;

    /// <summary>Room for a record's body of at most that many bytes; empty if the disk is full. Complete it with <see cref="Commit"/>.</summary>
    public Span<byte> Begin(int atMost)
    {
        // The length after the record must be 0 already: it is the end until the next record is there.
        var size = JournalFormat.SizeOf(atMost) + JournalFormat.RecordHeader;
        if ((_window is null || End + size > _window.Offset + _window.Length) && !Move(size))
            return [];
        _recordOffset = (int)(End - _window!.Offset);
        return _window.Bytes.Slice(_recordOffset + JournalFormat.RecordHeader, atMost);
    }

    /// <summary>Makes the body written after <see cref="Begin"/> a record.</summary>
    public void Commit(int length)
    {
        JournalFormat.Publish(_window!.Bytes[_recordOffset..], length);
        End += JournalFormat.SizeOf(length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _window?.Dispose();
        _window = null;
        file.Dispose();
    }

    private bool Move(int size)
    {
        var offset = End & ~(PageSize - 1L);
        var needed = (int)((End - offset + size + PageSize - 1) & ~(PageSize - 1L));
        var next = FileWindow.TryReserve(file, offset, Math.Max(WindowSize, needed));
        if (next is null)
            return false;
        _window?.Dispose();
        _window = next;
        return true;
    }
}
