using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Abi.Io;
using Xenolith.Devices.Rings;
using Xenolith.Store.Client;

namespace Xenolith.Tests.Unit.Store.Model;

/// <summary>The guest's end of a store ring: a page of this process, with the real pump and relay between it and the store's socket.</summary>
internal sealed class RingTransport : IStoreTransport
{
    private readonly byte[] _memory = GC.AllocateArray<byte>(4096, pinned: true);
    private readonly SemaphoreSlim _events = new(0);
    private readonly ByteRing _requests, _responses;
    private readonly RingPump _pump;

    /// <param name="socket">A connection that the store knows as a domain's; the ring owns it.</param>
    public RingTransport(SafeFileHandle socket)
    {
        var page = Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);
        _requests = new(page, XenstoreRing.Requests, XenstoreRing.Size, XenstoreRing.RequestConsumer, XenstoreRing.RequestProducer);
        _responses = new(page, XenstoreRing.Responses, XenstoreRing.Size, XenstoreRing.ResponseConsumer, XenstoreRing.ResponseProducer);
        _pump = new("store", RingPair.OfXenstore(page), () => _events.Release(), socket) { Relay = new() };
        _pump.Start();
    }

    public int FileDescriptor => -1;

    public void Send(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            Assert.NotEqual(RingStep.Broken, _requests.Write(data, out var count));
            data = data[count..];
            _pump.GuestEvent();
            Assert.True(count > 0 || _events.Wait(60_000), "the store takes no requests");
        }
    }

    public int Receive(Span<byte> buffer, int milliseconds)
    {
        while (true)
        {
            Assert.NotEqual(RingStep.Broken, _responses.Read(buffer, out var count));
            if (count > 0)
            {
                _pump.GuestEvent();
                return count;
            }

            if (!_events.Wait(milliseconds < 0 ? 60_000 : milliseconds))
            {
                Assert.True(milliseconds >= 0, "the store does not answer");
                return -1;
            }
        }
    }

    public void Dispose()
    {
        Assert.True(_pump.Stop(60_000));
        _pump.Dispose();
        _events.Dispose();
        GC.KeepAlive(_memory);
    }
}
