using CsCheck;
using Xenolith.Store.Client;
using Xenolith.Store.Requests;
using Xenolith.Store.Server;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Hostile.Store;

/// <summary>No bytes on a connection, sensible or not, hurt the store or what others have in it.</summary>
public class StoreWireTests
{
    private const string Letters = "/abz019-_@./\0 \x7f\xffTFnrwb";

    private static readonly string[] Sensible =
    [
        "/\0", "/local/domain/0/name\0", "@releaseDomain\0tok\0", "quota\0set\0nodes\0999999999999\0", "T\0", "5\0" + "1\0" + "1\0", "/a\0n5\0r6\0",
        "/a\0b65535\0", "/a\0" + "4294967295\0", "bind\0" + "5\0",
    ];

    private static readonly Gen<byte> PathByte = Gen.Int[0, Letters.Length - 1].Select(i => (byte)Letters[i]);

    private static readonly Gen<byte[]> Payloads = Gen.OneOf(
        PathByte.Array[0, 40],
        Gen.Byte.Array[0, 60],
        Gen.Int[0, Sensible.Length - 1].Select(i => Sensible[i].Select(c => (byte)c).ToArray()),
        PathByte.Array[3000, 4096]);

    private static readonly Gen<byte[]> Messages = Gen.Select(Gen.UInt[0, 30], Gen.UInt[0, 3], Payloads, (type, transaction, payload) =>
    {
        var message = new byte[MessageHeader.Size + payload.Length];
        new MessageHeader((MessageType)type, 1, transaction == 3 ? 1u << 20 | 1 : 0, (uint)payload.Length).Write(message);
        payload.CopyTo(message, MessageHeader.Size);
        return message;
    });

    [Fact]
    public void Random_requests_of_a_domain_change_nothing_that_is_not_its_own() => Messages.Array[1, 200].Sample(messages =>
    {
        var store = NewStore();
        var control = store.Connect();
        using (var domain = store.Open())
        {
            new StoreClient(domain).Bind(5);
            Feed(domain, messages);
        }

        Assert.Equal("secret", control.Read("/local/domain/6/key"));
        Assert.Equal("Domain-0", control.Read("/local/domain/0/name"));
        Assert.Equal(["n6"], control.GetPermissions("/local/domain/6/key").Select(p => p.ToString()));
        Healthy(store.Store);
        Assert.InRange(store.Store.Tree.HoldingOf(5).Nodes, 0, 1000);
    }, iter: 300);

    [Fact]
    public void Random_requests_of_the_control_domain_leave_a_store_in_order() => Messages.Array[1, 200].Sample(messages =>
    {
        var store = NewStore();
        using (var client = store.Open())
            Feed(client, messages);
        Healthy(store.Store);
        store.Connect().Write("/after", "1");
    }, iter: 300);

    [Fact]
    public void Random_bytes_end_the_connection_at_worst() => Gen.Byte.Array[0, 5000].Sample(bytes =>
    {
        var store = NewStore();
        using (var client = store.Open())
            Feed(client, [bytes]);
        Healthy(store.Store);
    }, iter: 300);

    [Fact]
    public void A_stream_may_be_cut_anywhere() => Gen.Select(Messages.Array[1, 30], Gen.Int[1, 40]).Sample((messages, piece) =>
    {
        var (whole, pieces) = (NewStore(), NewStore());
        var all = messages.SelectMany(m => m).ToArray();
        using var first = whole.Open();
        using var second = pieces.Open();
        Feed(first, messages);
        Feed(second, all.Chunk(piece));
        Assert.Equal(TreeCheck.Run(whole.Store.Tree, out _), TreeCheck.Run(pieces.Store.Tree, out _));
    }, iter: 200);

    private static InProcessStore NewStore()
    {
        var store = new InProcessStore();
        var control = store.Connect();
        control.Mkdir("/local/domain/5");
        control.SetPermissions("/local/domain/5", "n5");
        control.Write("/local/domain/6/key", "secret");
        control.SetPermissions("/local/domain/6/key", "n6");
        return store;
    }

    private static void Feed(IStoreTransport transport, IEnumerable<byte[]> pieces)
    {
        var sink = new byte[64 * 1024];
        foreach (var piece in pieces)
        {
            try
            {
                transport.Send(piece);
                while (transport.Receive(sink, 0) > 0)
                {
                }
            }
            catch (IOException e)
            {
                Assert.Equal("the store closed this connection", e.Message);
                return;
            }
        }
    }

    private static void Healthy(XenStore store)
    {
        TreeCheck.Run(store.Tree, out var fault);
        Assert.Null(fault);
    }
}
