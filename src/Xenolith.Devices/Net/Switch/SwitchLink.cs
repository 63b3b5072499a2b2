using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Devices.Net.Switch;

/// <summary>
/// A connection between two ports of a switch. A sender waits for a peer that is behind, out of a patience that is used up by waiting and grows only
/// with what the peer takes: one that reads nothing, or a frame now and then, cannot hold its neighbours up. Owned by its port's thread.
/// </summary>
internal sealed class SwitchLink(SafeFileHandle socket, int number, bool greeted)
{
    private static readonly TimeSpan s_most = TimeSpan.FromMilliseconds(20), s_perFrame = TimeSpan.FromMilliseconds(0.25);

    private TimeSpan _patience = s_most;
    private long _fullSince;

    /// <summary>The socket.</summary>
    public SafeFileHandle Socket => socket;

    /// <summary>Its number in the port.</summary>
    public int Number => number;

    /// <summary>True once the connecting side has said who it is.</summary>
    public bool Greeted { get; set; } = greeted;

    /// <summary>Milliseconds that a frame may still wait for it; 0: it counts as stuck.</summary>
    public int PatienceLeft => (int)Math.Ceiling(Left.TotalMilliseconds);

    private TimeSpan Left
    {
        get
        {
            var left = _fullSince == 0 ? _patience : _patience - Stopwatch.GetElapsedTime(_fullSince);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>It took a frame.</summary>
    public void Took()
    {
        if (_fullSince == 0 && _patience == s_most)
        {
            return;
        }

        var left = Left + s_perFrame;
        (_patience, _fullSince) = (left < s_most ? left : s_most, 0);
    }

    /// <summary>It had no room for a frame.</summary>
    public void Refused()
    {
        if (_fullSince == 0)
        {
            _fullSince = Stopwatch.GetTimestamp();
        }
    }
}
