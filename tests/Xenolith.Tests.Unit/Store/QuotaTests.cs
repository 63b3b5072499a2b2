using Xenolith.Store.Client;
using Xenolith.Store.Requests;
using Xenolith.Store.Server;
using Xenolith.Store.Wire;

namespace Xenolith.Tests.Unit.Store;

/// <summary>A domain cannot take more of the store than its quotas allow; the control domain has none.</summary>
public class QuotaTests
{
    private readonly List<string> _log = [];
    private readonly InProcessStore _store;
    private readonly StoreClient _control;
    private readonly StoreClient _domain;

    public QuotaTests()
    {
        _store = new InProcessStore(log: new ListLog(_log));
        _control = _store.Connect();
        _control.Mkdir("/local/domain/1");
        _control.SetPermissions("/local/domain/1", "n1");
        _domain = _store.Connect(1);
    }

    [Fact]
    public void Nodes_are_counted_and_the_refusal_is_logged_with_domain_and_path()
    {
        for (var i = 1; i < 1000; i++)
            _domain.Write($"n{i}", "");
        Refused(() => _domain.Write("one/too-many", ""));
        Assert.Contains(_log, line => line.Contains("domain 1 hit its quota of nodes (1000) at /local/domain/1/one/too-many", StringComparison.Ordinal));
        _domain.Remove("n1");
        _domain.Write("again", "");
        _control.Write("/local/domain/1/control-domain-may", "");
    }

    [Fact]
    public void A_commit_that_the_quota_would_refuse_by_now_is_not_said_to_be_done()
    {
        _control.SetQuota(1, "nodes", 2);
        var transaction = _domain.StartTransaction();
        _domain.Write("mine", "", transaction);
        _control.Write("/given", "");
        _control.SetPermissions("/given", "n1");

        Assert.False(_domain.EndTransaction(transaction, commit: true));
        Assert.False(_domain.Exists("mine"));
    }

    [Fact]
    public void A_transaction_cannot_get_around_the_count()
    {
        _control.Control("quota", "set", "nodes", "5");
        var transaction = _domain.StartTransaction();
        for (var i = 0; i < 4; i++)
            _domain.Write($"n{i}", "", transaction);
        Refused(() => _domain.Write("n4", "", transaction));
    }

    [Fact]
    public void A_nodes_size_is_limited()
    {
        _domain.Write("fits", new string('x', 2000));
        Refused(() => _domain.Write("large", new string('x', 2048)));
    }

    [Fact]
    public void Watches_are_counted()
    {
        for (var i = 0; i < 128; i++)
            _domain.Watch("w", $"{i}");
        Refused(() => _domain.Watch("w", "128"));
        _domain.Unwatch("w", "0");
        _domain.Watch("w", "128");
    }

    [Fact]
    public void Transactions_are_counted()
    {
        var open = Enumerable.Range(0, 10).Select(_ => _domain.StartTransaction()).ToArray();
        Refused(() => _domain.StartTransaction());
        _domain.EndTransaction(open[0], commit: false);
        _domain.StartTransaction();
    }

    [Fact]
    public void Requests_in_a_transaction_are_counted()
    {
        var transaction = _domain.StartTransaction();
        for (var i = 0; i < 1024; i++)
            _domain.Exists("x", transaction);
        Assert.Equal(StoreError.ENOSPC, _domain.TryAsk(MessageType.Read, transaction, "x\0"u8, out _));
    }

    [Fact]
    public void Permissions_are_counted()
    {
        _domain.Write("p", "");
        _domain.SetPermissions("p", "n1", "r2", "r3", "r4", "r5");
        Refused(() => _domain.SetPermissions("p", "n1", "r2", "r3", "r4", "r5", "r6"));
    }

    [Fact]
    public void Paths_are_limited_below_the_domains_own_directory()
    {
        _domain.Write(new string('p', 2048), "");
        Assert.Equal(StoreError.EINVAL, Assert.Throws<StoreException>(() => _domain.Write(new string('p', 2049), "")).Error);
    }

    [Fact]
    public void A_domain_may_have_limits_of_its_own()
    {
        Assert.Equal("1000", Text(_control.Ask(MessageType.GetQuota, 0, "", "nodes\0"u8)));
        _control.Ask(MessageType.SetQuota, 0, "", StoreClient.Terminated("1", "nodes", "3"));
        Assert.Equal("3", Text(_control.Ask(MessageType.GetQuota, 0, "", StoreClient.Terminated("1", "nodes"))));
        _domain.Write("a", "");
        _domain.Write("b", "");
        Refused(() => _domain.Write("c", ""));
    }

    [Fact]
    public void The_report_shows_use_and_peak()
    {
        _domain.Write("a", "");
        _domain.Watch("a", "t");
        var report = _control.Control("quota", "1");
        Assert.Contains("nodes            :        2 (max        2)\n", report, StringComparison.Ordinal);
        Assert.Contains("watches          :        1 (max        1)\n", report, StringComparison.Ordinal);
        Assert.StartsWith("Max. seen accounting values:\nnodes            :        2\n", _control.Control("quota", "max"), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_control_domain_asks_for_quotas_and_commands()
    {
        Assert.Equal(StoreError.EACCES, Assert.Throws<StoreException>(() => _domain.Control("quota")).Error);
        Assert.Equal(StoreError.EACCES, _domain.TryAsk(MessageType.GetQuota, 0, "nodes\0"u8, out _));
    }

    private static void Refused(Action action) => Assert.Equal(StoreError.ENOSPC, Assert.Throws<StoreException>(action).Error);

    private static string Text(byte[] payload) => System.Text.Encoding.ASCII.GetString(payload).TrimEnd('\0');

    private sealed class ListLog(List<string> lines) : IStoreLog
    {
        public void Note(string line) => lines.Add(line);

        public void Warn(string line) => lines.Add(line);
    }
}
