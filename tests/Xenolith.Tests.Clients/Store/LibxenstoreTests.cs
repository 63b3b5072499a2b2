using System.Diagnostics;
using Xenolith.Tests.Unit.Store;

namespace Xenolith.Tests.Clients.Store;

/// <summary>libxenstore itself, driven from Python as management programs do it.</summary>
public sealed class LibxenstoreTests : IDisposable
{
    private const string Program =
        """
        import ctypes, ctypes.util
        x = ctypes.CDLL("libxenstore.so.4", use_errno=True)
        x.xs_open.restype = x.xs_read.restype = x.xs_get_domain_path.restype = ctypes.c_void_p
        x.xs_read.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.POINTER(ctypes.c_uint)]
        x.xs_write.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint]
        x.xs_directory.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.POINTER(ctypes.c_uint)]
        x.xs_directory.restype = ctypes.POINTER(ctypes.c_char_p)
        x.xs_transaction_start.argtypes = [ctypes.c_void_p]
        x.xs_transaction_end.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_bool]
        x.xs_watch.argtypes = x.xs_unwatch.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
        x.xs_read_watch.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint)]
        x.xs_read_watch.restype = ctypes.POINTER(ctypes.c_char_p)
        x.xs_get_domain_path.argtypes = [ctypes.c_void_p, ctypes.c_uint]
        x.xs_is_domain_introduced.argtypes = [ctypes.c_void_p, ctypes.c_uint]
        x.xs_is_domain_introduced.restype = ctypes.c_bool
        x.xs_introduce_domain.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_ulong, ctypes.c_uint]
        x.xs_release_domain.argtypes = [ctypes.c_void_p, ctypes.c_uint]
        for f in (x.xs_write, x.xs_transaction_end, x.xs_watch, x.xs_unwatch, x.xs_introduce_domain, x.xs_release_domain): f.restype = ctypes.c_bool
        n = ctypes.c_uint()
        def read(h, t, p):
            v = x.xs_read(h, t, p, ctypes.byref(n))
            return ctypes.string_at(v, n.value) if v else None
        h = x.xs_open(0); assert h
        g = x.xs_open(0); assert g
        assert x.xs_write(h, 0, b"/py/a", b"one", 3) and read(h, 0, b"/py/a") == b"one"
        assert read(h, 0, b"/py/none") is None and ctypes.get_errno() == 2
        t = x.xs_transaction_start(h)
        assert read(h, t, b"/py/a") == b"one" and x.xs_write(h, t, b"/py/b", b"two", 3)
        assert read(g, 0, b"/py/b") is None
        assert x.xs_transaction_end(h, t, False) and read(g, 0, b"/py/b") == b"two"
        t = x.xs_transaction_start(h)
        read(h, t, b"/py/a"); x.xs_write(h, t, b"/py/a", b"mine", 4); x.xs_write(g, 0, b"/py/a", b"theirs", 6)
        assert not x.xs_transaction_end(h, t, False) and ctypes.get_errno() == 11
        assert x.xs_watch(h, b"/py", b"token")
        v = x.xs_read_watch(h, ctypes.byref(n)); assert (v[0], v[1]) == (b"/py", b"token")
        x.xs_write(g, 0, b"/py/c", b"3", 1)
        v = x.xs_read_watch(h, ctypes.byref(n)); assert (v[0], v[1]) == (b"/py/c", b"token")
        assert x.xs_unwatch(h, b"/py", b"token")
        for i in range(1500): x.xs_write(h, 0, b"/py/wide/a-child-with-a-long-name-%d" % i, b"", 0)
        d = x.xs_directory(h, 0, b"/py/wide", ctypes.byref(n))
        assert n.value == 1500 and len({d[i] for i in range(1500)}) == 1500
        assert ctypes.string_at(x.xs_get_domain_path(h, 7)) == b"/local/domain/7"
        assert not x.xs_is_domain_introduced(h, 7) and x.xs_introduce_domain(h, 7, 4096, 1) and x.xs_is_domain_introduced(h, 7)
        assert x.xs_release_domain(h, 7) and not x.xs_is_domain_introduced(h, 7)
        print("all right")
        """;

    private readonly ServedStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Everything_that_management_programs_call_works()
    {
        var start = new ProcessStartInfo("python3", ["-c", Program]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["XENSTORED_PATH"] = _store.SocketPath;
        using var python = Process.Start(start)!;
        var error = python.StandardError.ReadToEndAsync();
        Assert.Equal("all right\n", await python.StandardOutput.ReadToEndAsync() + await error);
    }
}
