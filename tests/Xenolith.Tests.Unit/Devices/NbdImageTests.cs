using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Xenolith.Devices.Block.Images;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Tests.Unit.Devices;

/// <summary>A disk behind an NBD server that is the test's: it answers as it is told, which is not always what was asked.</summary>
public sealed class NbdImageTests : IDisposable
{
    private const int Bytes = 4096, Disk = 1 << 20;
    private const uint ReplyMagic = 0x67446698;

    private readonly SocketStream _server;
    private readonly NbdImage _image;
    private readonly TaskCompletionSource<string> _lost = new();
    private readonly nint _memory = Marshal.AllocHGlobal(4 * Bytes);

    public NbdImageTests()
    {
        var (ours, theirs) = UnixSockets.Pair(UnixSocketKind.Stream);
        _server = new(theirs);
        var greeting = Task.Run(Greet);
        _image = new(new SocketStream(ours), string.Empty, "image", reason => _lost.SetResult(reason));
        greeting.Wait();
    }

    public void Dispose()
    {
        _image.Dispose();
        _server.Dispose();
        Marshal.FreeHGlobal(_memory);
    }

    [Fact]
    public async Task Requests_are_answered_in_any_order()
    {
        Task<int> first = Read(0), second = Read(1);
        ulong one = Asked(), other = Asked();
        Answer(other, content: 2);
        Answer(one, content: 1);
        Assert.Equal((0, 0), (await first, await second));
        Assert.Equal(3, Content(0) + Content(1));

        var third = Read(2);
        Answer(Asked(), error: 28);
        Assert.Equal(28, await third);
        Assert.False(_lost.Task.IsCompleted);
    }

    [Fact]
    public async Task An_answer_that_comes_twice_ends_the_connection()
    {
        var read = Read(0);
        var cookie = Asked();
        Answer(cookie, content: 1);
        Assert.Equal(0, await read);
        Answer(cookie, content: 9);

        await AssertEnded("the server answered a request that was not asked, or one request twice");
        Assert.Equal(1, Content(0));
    }

    /// <summary>The one that comes too late may meet another request in its place, which must not take it for its own.</summary>
    [Fact]
    public async Task A_late_second_answer_is_not_that_of_the_next_request()
    {
        var cookie = 0UL;
        for (var i = 0; i < 100; i++)
        {
            var read = Read(0);
            cookie = Asked();
            Answer(cookie, content: 1);
            Assert.Equal(0, await read);
        }

        var next = Read(1);
        Asked();
        Answer(cookie, content: 9);

        Assert.Equal(Errno.EIO, await next);
        await AssertEnded("the server answered a request that was not asked, or one request twice");
        Assert.Equal(0, Content(1));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(77UL)]
    [InlineData(31UL)]
    public async Task An_answer_to_nothing_ends_the_connection_and_fails_what_waits(ulong offset)
    {
        var read = Read(0);
        Answer(unchecked(Asked() + 1 + offset), content: 9);

        Assert.Equal(Errno.EIO, await read);
        await AssertEnded("the server answered a request that was not asked, or one request twice");
    }

    [Fact]
    public async Task An_answer_that_is_none_ends_the_connection_and_fails_what_waits()
    {
        var read = Read(0);
        Asked();
        _server.Write(new byte[16]);

        Assert.Equal(Errno.EIO, await read);
        await AssertEnded("the server sent a malformed answer");
    }

    [Fact]
    public async Task A_server_that_ends_within_an_answer_fails_all_that_wait()
    {
        Task<int> first = Read(0), second = Read(1);
        var cookie = Asked();
        Asked();
        Answer(cookie, content: 1, bytes: 1000);
        _server.Dispose();

        Assert.Equal((Errno.EIO, Errno.EIO), (await first, await second));
        await AssertEnded("the server closed it");
    }

    /// <summary>It answers what was never asked, and reads nothing: whoever waits to send ends too.</summary>
    [Fact]
    public async Task Writers_do_not_wait_for_a_server_that_reads_nothing_and_answers_wrongly()
    {
        var writes = Enumerable.Range(0, 40).Select(i => Start(() => _image.Write(0, Runs(0, 4), wait: true))).ToList();
        Answer(5000);

        Assert.All(await Task.WhenAll(writes), error => Assert.Equal(Errno.EIO, error));
        await AssertEnded("the server answered a request that was not asked, or one request twice");
    }

    private async Task AssertEnded(string reason)
    {
        Assert.Equal(reason, await _lost.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(Errno.EIO, await Read(3));
        Assert.Equal(Errno.EIO, await Start(_image.Flush));
    }

    private Task<int> Read(int page)
    {
        Marshal.WriteByte(_memory + (page * Bytes), 0);
        return Start(() => _image.Read(page * Bytes, Runs(page, 1), wait: true));
    }

    private static Task<int> Start(Func<int> request) =>
        Task.Factory.StartNew(request, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(60));

    private MemoryRun[] Runs(int page, int count) => [new(_memory + (page * Bytes), count * Bytes)];

    private byte Content(int page) => Marshal.ReadByte(_memory + (page * Bytes));

    private ulong Asked()
    {
        var request = new byte[28];
        _server.ReadExactly(request);
        return BinaryPrimitives.ReadUInt64BigEndian(request.AsSpan(8));
    }

    private void Answer(ulong cookie, uint error = 0, byte content = 0, int bytes = Bytes)
    {
        var answer = new byte[16 + (content == 0 ? 0 : bytes)];
        BinaryPrimitives.WriteUInt32BigEndian(answer, ReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(4), error);
        BinaryPrimitives.WriteUInt64BigEndian(answer.AsSpan(8), cookie);
        answer.AsSpan(16).Fill(content);
        _server.Write(answer);
    }

    private void Greet()
    {
        _server.Write([.. "NBDMAGIC"u8, .. "IHAVEOPT"u8, 0, 3]);
        var asked = new byte[4 + 16 + 4 + 4];
        _server.ReadExactly(asked);
        var export = new byte[20 + 12];
        BinaryPrimitives.WriteUInt64BigEndian(export, 0x3e889045565a9);
        BinaryPrimitives.WriteUInt32BigEndian(export.AsSpan(8), 7);
        BinaryPrimitives.WriteUInt32BigEndian(export.AsSpan(12), 3);
        BinaryPrimitives.WriteUInt32BigEndian(export.AsSpan(16), 12);
        BinaryPrimitives.WriteUInt64BigEndian(export.AsSpan(22), Disk);
        BinaryPrimitives.WriteUInt16BigEndian(export.AsSpan(30), 5); // flags, flush
        _server.Write(export);
        var acknowledged = export[..20];
        BinaryPrimitives.WriteUInt32BigEndian(acknowledged.AsSpan(12), 1);
        BinaryPrimitives.WriteUInt32BigEndian(acknowledged.AsSpan(16), 0);
        _server.Write(acknowledged);
    }
}
