using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Ports;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Tests.Unit.Devices.Net;

/// <summary>A port that keeps what it is sent and gives what a test puts in.</summary>
internal sealed class MemoryPort(bool blankChecksums = true) : IPacketPort, IPacketChannel
{
    private readonly Queue<(VnetHeader Header, byte[] Frame)> _incoming = new();

    public List<(VnetHeader Header, byte[] Frame)> Sent { get; } = [];

    /// <summary>What the next frames meet.</summary>
    public SendOutcome Outcome { get; set; } = SendOutcome.Sent;

    /// <summary>False keeps nothing, for tests of allocation.</summary>
    public bool Keeps { get; set; } = true;

    public int Channels => 1;

    public bool TakesBlankChecksums => blankChecksums;

    public string? Broken => null;

    public void Use(int channels, bool blankChecksums, bool largeV4, bool largeV6)
    {
    }

    public IPacketChannel Channel(int index) => this;

    public void Put(VnetHeader header, byte[] frame) => _incoming.Enqueue((header, frame));

    public unsafe SendOutcome TrySend(in VnetHeader header, EthernetAddress destination, ReadOnlySpan<MemoryRun> frame)
    {
        if (Outcome == SendOutcome.Sent && Keeps)
        {
            var bytes = new List<byte>();
            foreach (var run in frame)
            {
                // SAFETY: the sender's runs lie in the guest memory of the test, which outlives the call.
                bytes.AddRange(new ReadOnlySpan<byte>((void*)run.Address, (int)run.Length));
            }

            Assert.Equal(EthernetAddress.Read(bytes.ToArray()), destination);
            Sent.Add((header, [.. bytes]));
        }

        return Outcome;
    }

    public unsafe int Receive(ReadOnlySpan<MemoryRun> into, out VnetHeader header)
    {
        header = default;
        if (!_incoming.TryDequeue(out var next))
        {
            return Descriptors.WouldBlock;
        }

        header = next.Header;
        ReadOnlySpan<byte> rest = next.Frame;
        foreach (var run in into)
        {
            var part = (int)Math.Min(run.Length, rest.Length);
            // SAFETY: as above; no more is written than the run is long.
            rest[..part].CopyTo(new Span<byte>((void*)run.Address, part));
            rest = rest[part..];
        }

        return next.Frame.Length;
    }

    public int AddWaits(Span<PollEntry> rows, bool receive, bool send, ref int milliseconds) => 0;

    public void Dispose()
    {
    }
}
