using Xenolith.Tests.Unit.Store;

namespace Xenolith.Tests.Clients.Toolstack;

/// <summary>Libraries by others that speak to xenstored, on ours: pyxs, which speaks the protocol itself, and the Python module of Xen's own tools.</summary>
public sealed class StoreLibraryTests : CallerHost
{
    private const string Pyxs =
        """
        import sys, threading
        sys.path.insert(0, sys.argv[1])
        from pyxs import Client, PyXSError
        with Client() as c, Client() as other:
            c[b"/pyxs/a"] = b"one"
            assert c[b"/pyxs/a"] == b"one" and c.exists(b"/pyxs/a") and not c.exists(b"/pyxs/none")
            c.mkdir(b"/pyxs/b/c"); assert sorted(c.list(b"/pyxs")) == [b"a", b"b"]
            assert c.get_perms(b"/pyxs/b") == [b"n0"]
            c.set_perms(b"/pyxs/b", [b"b0", b"n0", b"r0"]); assert c.get_perms(b"/pyxs/b") == [b"b0", b"n0", b"r0"]
            c.delete(b"/pyxs/b"); assert not c.exists(b"/pyxs/b/c")
            assert c.get_domain_path(999) == b"/local/domain/999"
            assert c.is_domain_introduced(0) and not c.is_domain_introduced(999)
            for path in (b"/no/such", b"/pyxs/none"):
                try: c.read(path); assert False
                except PyXSError as e: assert e.args[0] == 2
            c.transaction(); c[b"/pyxs/t"] = b"boo"; assert not other.exists(b"/pyxs/t"); c.rollback(); assert not c.exists(b"/pyxs/t")
            c.transaction(); c[b"/pyxs/t"] = b"boo"; assert c.commit() and other[b"/pyxs/t"] == b"boo"
            c.transaction(); assert c[b"/pyxs/t"] == b"boo"; other[b"/pyxs/t"] = b"theirs"; c[b"/pyxs/t"] = b"mine"
            assert not c.commit() and c[b"/pyxs/t"] == b"theirs"
            with c.monitor() as m, c.monitor() as n:
                m.watch(b"/pyxs/w", b"m"); n.watch(b"/pyxs", b"n")
                assert next(m.wait()) == (b"/pyxs/w", b"m") and next(n.wait()) == (b"/pyxs", b"n")
                other[b"/pyxs/w/x"] = b"1"
                assert next(m.wait()) == (b"/pyxs/w/x", b"m") and next(n.wait()) == (b"/pyxs/w/x", b"n")
                m.unwatch(b"/pyxs/w", b"m"); other[b"/pyxs/w/y"] = b"1"
                assert next(n.wait()) == (b"/pyxs/w/y", b"n")
            def add(k):
                with Client() as mine:
                    for i in range(50):
                        while True:
                            mine.transaction(); mine[b"/pyxs/sum"] = b"%d" % (int(mine[b"/pyxs/sum"]) + 1)
                            if mine.commit(): break
            c[b"/pyxs/sum"] = b"0"
            threads = [threading.Thread(target=add, args=(k,)) for k in range(4)]
            for t in threads: t.start()
            for t in threads: t.join()
            assert c[b"/pyxs/sum"] == b"200"
        print("all right")
        """;

    private const string XenModule =
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        from xen.lowlevel import xs
        h, g = xs.xs(), xs.xs()
        h.write("0", "/m/a", "one")
        assert h.read("0", "/m/a") == b"one" and h.ls("0", "/m") == ["a"] and h.read("0", "/m/none") is None
        h.set_permissions("0", "/m/a", [{"dom": 0, "read": False, "write": False}, {"dom": 3, "read": True, "write": False}])
        assert h.get_permissions("0", "/m/a") == [{"dom": 0, "read": 0, "write": 0}, {"dom": 3, "read": 1, "write": 0}]
        t = h.transaction_start(); h.write(t, "/m/b", "two")
        assert g.read("0", "/m/b") is None and h.transaction_end(t) and g.read("0", "/m/b") == b"two"
        t = h.transaction_start(); h.read(t, "/m/a"); h.write(t, "/m/a", "mine"); g.write("0", "/m/a", "theirs")
        assert not h.transaction_end(t)
        h.watch("/m", "token"); assert h.read_watch() == ("/m", "token")
        g.mkdir("0", "/m/c"); assert h.read_watch() == ("/m/c", "token"); h.unwatch("/m", "token")
        h.watch("@releaseDomain", "dead"); assert h.read_watch() == ("@releaseDomain", "dead")
        h.introduce_domain(5, 1, 1); assert h.get_domain_path(5) == "/local/domain/5"
        h.release_domain(5); assert h.read_watch() == ("@releaseDomain", "dead")
        h.rm("0", "/m"); assert h.ls("0", "/m") is None
        try: h.read("0", "bad path"); assert False
        except Exception as e: assert e.args[0] == 22
        h.close(); g.close()
        print("all right")
        """;

    [Fact]
    public void Pyxs_does_all_it_can_do() => Check(Pyxs, $"{Packages}/usr/lib/python3/dist-packages");

    [Fact]
    public void Xens_own_python_module_does_all_it_can_do() => Check(XenModule, $"{Packages}/usr/lib/xen-4.17/lib/python");

    private void Check(string program, string library)
    {
        using var store = new ServedStore();
        var outcome = Call("/usr/bin/python3", ["-c", program, library], ("XENSTORED_PATH", store.SocketPath));
        Assert.Equal((0, "all right\n", string.Empty), (outcome.ExitCode, outcome.Output, outcome.Error));
    }
}
