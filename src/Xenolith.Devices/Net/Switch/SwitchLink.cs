using Microsoft.Win32.SafeHandles;

namespace Xenolith.Devices.Net.Switch;

/// <summary>A connection between two ports of a switch. Owned by its port's thread.</summary>
internal sealed class SwitchLink(SafeFileHandle socket, int number, bool greeted)
{
    /// <summary>How long a sender waits for a peer that does not read, once, before it drops what is for it.</summary>
    public const int PatienceMilliseconds = 20;

    /// <summary>The socket.</summary>
    public SafeFileHandle Socket => socket;

    /// <summary>Its number in the port.</summary>
    public int Number => number;

    /// <summary>True once the connecting side has said who it is.</summary>
    public bool Greeted { get; set; } = greeted;

    /// <summary>Since when it is full (Environment.TickCount64); 0 while it is not.</summary>
    public long FullSince { get; set; }

    /// <summary>Milliseconds that a frame may still wait for it; 0 or less: it counts as stuck.</summary>
    public int PatienceLeft => FullSince == 0 ? PatienceMilliseconds : (int)Math.Max(0, FullSince + PatienceMilliseconds - Environment.TickCount64);
}
