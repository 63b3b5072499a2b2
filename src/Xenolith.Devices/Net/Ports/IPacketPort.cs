using Xenolith.Devices.Net.Frames;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Devices.Net.Ports;

/// <summary>What became of a frame.</summary>
public enum SendOutcome
{
    /// <summary>It is on its way.</summary>
    Sent,

    /// <summary>There is no room now: keep it and wait for <see cref="IPacketChannel.AddWaits"/>.</summary>
    Full,

    /// <summary>Nobody can take it: it is gone.</summary>
    Dropped,
}

/// <summary>
/// Where a vif's frames go and come from: a TAP, a switch, passt. Lives as long as the vif is attached, while frontends come and go.
/// Thread ownership: made, <see cref="Use"/>d and disposed by the thread that performs orders; each channel has one thread.
/// </summary>
public interface IPacketPort : IDisposable
{
    /// <summary>Channels at most; one for each queue of a frontend.</summary>
    int Channels { get; }

    /// <summary>False if checksums must be complete in frames sent to it. Large packets go to every port in one piece.</summary>
    bool TakesBlankChecksums { get; }

    /// <summary>Says how many channels are served from now on and what their receivers take.</summary>
    /// <param name="channels">1 to <see cref="Channels"/>.</param>
    /// <param name="blankChecksums">Frames may come with the checksum left blank.</param>
    /// <param name="largeV4">Large TCP packets over IPv4 may come.</param>
    /// <param name="largeV6">Large TCP packets over IPv6 may come.</param>
    void Use(int channels, bool blankChecksums, bool largeV4, bool largeV6);

    /// <summary>A channel, 0 to the number in use.</summary>
    IPacketChannel Channel(int index);
}

/// <summary>One channel of a port. Never blocks, allocates nothing per frame. Owned by one thread.</summary>
public interface IPacketChannel
{
    /// <summary>Why the port is of no use any more (its helper ended); null while it is. Sending then drops and nothing is received.</summary>
    string? Broken { get; }

    /// <summary>Sends a frame.</summary>
    /// <param name="header">What is left to the receiver.</param>
    /// <param name="destination">The frame's first address.</param>
    /// <param name="frame">The frame's pieces; the first holds the Ethernet header.</param>
    SendOutcome TrySend(in VnetHeader header, EthernetAddress destination, ReadOnlySpan<MemoryRun> frame);

    /// <summary>Receives one frame into memory; what does not fit is lost. Bytes, or <see cref="Descriptors.WouldBlock"/>.</summary>
    int Receive(ReadOnlySpan<MemoryRun> into, out VnetHeader header);

    /// <summary>Adds rows to wait with; returns how many.</summary>
    /// <param name="rows">Room for at least <see cref="MostWaits"/> rows.</param>
    /// <param name="receive">Waiting for frames.</param>
    /// <param name="send">Waiting because a frame met <see cref="SendOutcome.Full"/>.</param>
    /// <param name="milliseconds">Longest wait, made shorter if the channel wants to be asked again by itself; negative for ever.</param>
    int AddWaits(Span<PollEntry> rows, bool receive, bool send, ref int milliseconds);

    /// <summary>Rows that a channel adds at most.</summary>
    const int MostWaits = 2;
}
