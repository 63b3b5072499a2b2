using System.Text;
using Xenolith.Store.Requests;
using Xenolith.Store.Server;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store;

/// <summary>What a request costs in garbage: nothing to read, a few bytes to write.</summary>
public class AllocationTests
{
    private readonly XenStore _store = new(new StreamLog(TextWriter.Null), TimeProvider.System);
    private readonly StoreConnection _connection;

    public AllocationTests()
    {
        InitialNodes.Write(_store, new ControlDomain(1, "x"));
        _connection = _store.Connect(_ => { });
    }

    [Theory]
    [InlineData(MessageType.Read, "/local/domain/0/name\0")]
    [InlineData(MessageType.Directory, "/local/domain/0\0")]
    [InlineData(MessageType.GetPermissions, "/local/domain/0/name\0")]
    [InlineData(MessageType.GetDomainPath, "7\0")]
    [InlineData(MessageType.Read, "/no/such/node\0")]
    [InlineData(MessageType.Read, "domid\0")]
    [InlineData(MessageType.Write, "/local/domain/0/name\0Domain-0")]
    [InlineData(MessageType.Mkdir, "/local/domain\0")]
    public void Nothing(MessageType type, string payload) => Assert.Equal(0, BytesOf(type, payload));

    [Fact]
    public void A_value_of_another_length_is_one_small_array()
    {
        var bytes = Encoding.ASCII.GetBytes("/local/domain/0/name\0a");
        var longer = Encoding.ASCII.GetBytes("/local/domain/0/name\0ab");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Ask(MessageType.Write, i % 2 == 0 ? bytes : longer);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 0, 40);
    }

    private long BytesOf(MessageType type, string payload)
    {
        var bytes = Encoding.ASCII.GetBytes(payload);
        for (var i = 0; i < 100; i++)
            Ask(type, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Ask(type, bytes);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;
    }

    private void Ask(MessageType type, byte[] payload)
    {
        _store.Answer(_connection, new(type, 1, 0, (uint)payload.Length), payload);
        _connection.Output.Clear();
    }
}
