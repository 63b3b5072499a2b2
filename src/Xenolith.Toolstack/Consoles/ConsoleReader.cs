using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Consoles;

/// <summary>
/// Somebody who reads a console: a viewer's connection, or the pty's master while a program has the pty open.
/// Thread ownership: the monitor's thread.
/// </summary>
internal sealed class ConsoleReader : IDisposable
{
    private readonly ConsoleHub _hub;
    private readonly SafeFileHandle _descriptor;
    private readonly bool _isTerminal;
    private readonly EventLoop.Source _source;
    private long _blockedSince;
    private bool _full;

    /// <summary>Begins to serve a connection.</summary>
    public ConsoleReader(ConsoleHub hub, EventLoop loop, SafeFileHandle descriptor, bool isTerminal)
    {
        _hub = hub;
        _descriptor = descriptor;
        _isTerminal = isTerminal;
        _source = loop.Add(descriptor, PollEvents.Readable, Ready);
    }

    /// <summary>It has said how it attaches.</summary>
    public bool IsAttached { get; private set; }

    /// <summary>The next byte of the stream that it gets.</summary>
    public long Position { get; private set; }

    /// <summary>It has taken nothing for so long that nobody waits for it.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>Begins the stream.</summary>
    public void Attach(bool replay)
    {
        IsAttached = true;
        Position = _hub.FirstPosition(replay);
        Push();
    }

    /// <summary>Writes as much as it takes now.</summary>
    public void Push()
    {
        if (!IsAttached || _source.Removed)
        {
            return;
        }

        try
        {
            if (Position < _hub.History.Start)
            {
                var notice = Encoding.ASCII.GetBytes($"\r\n[xenolith: this viewer was stuck; {_hub.History.Start - Position} bytes were skipped]\r\n");
                if (Descriptors.Write(_descriptor, notice) == Descriptors.WouldBlock)
                {
                    Blocked();
                    return;
                }

                Position = _hub.History.Start;
            }

            while (Position < _hub.History.End)
            {
                var count = Descriptors.Write(_descriptor, _hub.History.At(Position));
                if (count == Descriptors.WouldBlock)
                {
                    Blocked();
                    return;
                }

                Position += count;
                IsStuck = false;
                _blockedSince = 0;
                _hub.Saw(Position);
            }

            _full = false;
            UpdateWanted();
        }
        catch (HostException e) when (e.Errno is Errno.EPIPE or Errno.EIO)
        {
            _hub.Remove(this);
        }
    }

    /// <summary>Called while the guest waits: finds out whether this is the one to blame for too long.</summary>
    public void NoticeStall()
    {
        if (_full && Environment.TickCount64 - _blockedSince >= ConsoleHub.PatienceMilliseconds)
        {
            IsStuck = true;
        }
    }

    /// <summary>Asks for input only while the guest takes it.</summary>
    public void UpdateWanted() =>
        _source.Wanted = (_hub.WantsInput || !IsAttached ? PollEvents.Readable : PollEvents.None) | (_full ? PollEvents.Writable : PollEvents.None);

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Remove();
        if (!_isTerminal)
        {
            _descriptor.Dispose();
        }
    }

    private void Blocked()
    {
        if (_blockedSince == 0)
        {
            _blockedSince = Environment.TickCount64;
        }

        _full = true;
        UpdateWanted();
    }

    private void Ready(PollEvents happened)
    {
        if ((happened & PollEvents.Writable) != 0)
        {
            Push();
        }

        if (_source.Removed || (happened & (PollEvents.Readable | PollEvents.HangUp | PollEvents.Error)) == 0)
        {
            return;
        }

        Span<byte> typed = stackalloc byte[512];
        var count = Descriptors.Read(_descriptor, typed);
        if (count == 0)
        {
            _hub.Remove(this);
        }
        else if (count > 0 && IsAttached)
        {
            _hub.Type(typed[..count]);
            UpdateWanted();
        }
        else if (count > 0)
        {
            if (Descriptors.Write(_descriptor, [ConsoleProtocol.Attached]) == 1)
            {
                Attach(typed[0] == ConsoleProtocol.Replay);
            }

            if (count > 1)
            {
                _hub.Type(typed[1..count]);
            }
        }
    }
}
