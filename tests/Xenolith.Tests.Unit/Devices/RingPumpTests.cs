using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Abi.Io;
using Xenolith.Devices.Rings;
using Xenolith.Host;
using Xunit;

namespace Xenolith.Tests.Unit.Devices;

/// <summary>The pump between a ring page and a pipe, with this test as the guest.</summary>
public sealed class RingPumpTests : IDisposable
{
    private readonly byte[] _memory = GC.AllocateArray<byte>(4096, pinned: true);
    private readonly nint _page;
    private readonly ByteRing _guestOut;
    private readonly SemaphoreSlim _events = new(0);
    private readonly string _directory = Directory.CreateTempSubdirectory("xenolith-test-").FullName;

    public RingPumpTests()
    {
        _page = Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);
        _guestOut = new ByteRing(_page, ConsoleRing.Out, ConsoleRing.OutSize, ConsoleRing.OutConsumer, ConsoleRing.OutProducer);
    }

    public void Dispose()
    {
        _events.Dispose();
        Directory.Delete(_directory, recursive: true);
        GC.KeepAlive(_memory);
    }

    [Fact]
    public void Everything_the_guest_wrote_before_the_stop_arrives()
    {
        var path = Path.Combine(_directory, "console");
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        using var pump = new RingPump("console", RingPair.OfConsole(_page), () => _events.Release(), file, readable: false);
        pump.Start();
        var text = new byte[100_000];
        new Random(3).NextBytes(text);
        for (var sent = 0; sent < text.Length;)
        {
            _guestOut.Write(text.AsSpan(sent), out var count);
            sent += count;
            pump.GuestEvent();
            if (count == 0)
            {
                Assert.True(_events.Wait(60_000));
            }
        }

        Assert.True(pump.Stop(60_000));
        Assert.Equal(text.Length, pump.BytesFromGuest);
        pump.Dispose();
        Assert.Equal(text, File.ReadAllBytes(path));
    }

    [Fact]
    public void Wrong_indices_stop_the_ring_with_words()
    {
        var cause = string.Empty;
        using var failed = new ManualResetEventSlim();
        var file = File.OpenHandle(Path.Combine(_directory, "console"), FileMode.CreateNew, FileAccess.Write);
        using var pump = new RingPump("console of domain 7", RingPair.OfConsole(_page), () => { }, file, readable: false)
        {
            Failed = words =>
            {
                cause = words;
                failed.Set();
            },
        };
        MemoryMarshal.AsRef<uint>(_memory.AsSpan(ConsoleRing.OutProducer)) = 1u << 31;
        pump.Start();

        Assert.True(failed.Wait(60_000, TestContext.Current.CancellationToken));
        Assert.Contains("console of domain 7: the guest's ring indices are wrong", cause, StringComparison.Ordinal);
        Assert.True(pump.Stop(60_000));
    }
}
