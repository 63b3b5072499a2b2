using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Devices.Net.Frames;
using Xenolith.Host;
using Xenolith.Host.Files;
using Xenolith.Host.Network;

namespace Xenolith.Devices.Net.Ports;

/// <summary>A port that is a TAP of the host: its kernel takes and gives large packets and blank checksums. One queue of the TAP a channel.</summary>
/// <param name="queues">The TAP's descriptors, owned from now on.</param>
public sealed class TapPort(IReadOnlyList<SafeFileHandle> queues) : IPacketPort
{
    private readonly TapChannel[] _channels = [.. queues.Select(q => new TapChannel(q))];

    /// <inheritdoc/>
    public int Channels => _channels.Length;

    /// <inheritdoc/>
    public bool TakesBlankChecksums => true;

    /// <inheritdoc/>
    public void Use(int channels, bool blankChecksums, bool largeV4, bool largeV6)
    {
        for (var i = 0; i < queues.Count; i++)
        {
            if (queues.Count > 1)
            {
                TapDevice.UseQueue(queues[i], use: i < channels);
            }

            if (i < channels)
            {
                TapDevice.SetOffloads(queues[i], blankChecksums, largeV4, largeV6);
            }
        }
    }

    /// <inheritdoc/>
    public IPacketChannel Channel(int index) => _channels[index];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var queue in queues)
        {
            queue.Dispose();
        }
    }

    private sealed class TapChannel(SafeFileHandle queue) : IPacketChannel
    {
        private const int BadAddress = 14, BadDescriptorState = 77;

        private readonly byte[] _header = GC.AllocateArray<byte>(VnetHeader.Size, pinned: true);
        private readonly MemoryRun[] _runs = new MemoryRun[PacketIo.MaxRuns];

        public string? Broken { get; private set; }

        public SendOutcome TrySend(in VnetHeader header, EthernetAddress destination, ReadOnlySpan<MemoryRun> frame)
        {
            header.Write(_header);
            switch (PacketIo.Write(queue, WithHeader(frame)))
            {
                case 0:
                    return SendOutcome.Sent;
                case Errno.EAGAIN:
                    return SendOutcome.Full;
                case BadDescriptorState:
                    Broken ??= "its network interface was deleted on the host";
                    return SendOutcome.Dropped;
                default:
                    // EIO: the interface is down; EINVAL: the kernel does not like the packet.
                    return SendOutcome.Dropped;
            }
        }

        public int Receive(ReadOnlySpan<MemoryRun> into, out VnetHeader header)
        {
            var count = PacketIo.Read(queue, WithHeader(into));
            if (count >= VnetHeader.Size)
            {
                header = VnetHeader.Read(_header);
                return count - VnetHeader.Size;
            }

            header = default;
            if (count is -BadDescriptorState or -BadAddress)
            {
                Broken ??= "its network interface was deleted on the host";
            }

            return Descriptors.WouldBlock;
        }

        public int AddWaits(Span<PollEntry> rows, bool receive, bool send, ref int milliseconds)
        {
            if (Broken is not null || !(receive || send))
            {
                return 0;
            }

            rows[0] = new PollEntry
            {
                Descriptor = Descriptors.Number(queue),
                Wanted = (receive ? PollEvents.Readable : PollEvents.None) | (send ? PollEvents.Writable : PollEvents.None),
            };
            return 1;
        }

        private ReadOnlySpan<MemoryRun> WithHeader(ReadOnlySpan<MemoryRun> runs)
        {
            _runs[0] = new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_header, 0), VnetHeader.Size);
            runs.CopyTo(_runs.AsSpan(1));
            return _runs.AsSpan(0, runs.Length + 1);
        }
    }
}
