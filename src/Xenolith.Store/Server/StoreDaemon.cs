using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Store.Client;

namespace Xenolith.Store.Server;

/// <summary>Reaches a host's xenstored, and starts it if nobody else has.</summary>
public static class StoreDaemon
{
    private const string StartLock = "start.lock";
    private const byte Ready = 0;

    /// <summary>A client of the running store, or null if none runs.</summary>
    public static StoreClient? TryConnect(RunDirectory run) => TryOpen(run) is { } socket ? new StoreClient(new SocketTransport(socket)) : null;

    /// <summary>A client of the store, which is started if none runs.</summary>
    /// <exception cref="HostException">It cannot be started.</exception>
    public static StoreClient Connect(RunDirectory run) => new(new SocketTransport(Open(run)));

    /// <summary>
    /// A connection that is the store ring of a domain: what is written to it are the bytes of the ring's requests, what is read are those of
    /// its replies. To be handed to the domain's process. An earlier connection for the same domain is closed by the store.
    /// </summary>
    public static SafeFileHandle ConnectDomain(RunDirectory run, int domid)
    {
        var socket = Open(run);
        RingHandshake.Bind(new SocketTransport(socket), domid);
        return socket;
    }

    private static SafeFileHandle? TryOpen(RunDirectory run)
    {
        using var directory = StoreLocation.OpenSocket(run);
        return UnixSockets.Connect(directory, StoreLocation.SocketName, UnixSocketKind.Stream);
    }

    private static SafeFileHandle Open(RunDirectory run)
    {
        if (TryOpen(run) is { } socket)
            return socket;
        using var state = StoreLocation.OpenState(run);
        using var starting = FileLock.Take(state, StartLock);
        return TryOpen(run) ?? Start(run, state);
    }

    private static SafeFileHandle Start(RunDirectory run, DirectoryHandle state)
    {
        var (listens, tell) = UnixSockets.Pair(UnixSocketKind.Stream);
        using (listens)
        {
            using (tell)
            {
                using var log = state.OpenAppending(StoreLocation.LogName);
                using var child = ChildProcess.Spawn(new ChildProcessStart
                {
                    Arguments = ["xenstored", run.IsIsolated ? "--isolated-run-directory" : "--run-directory", run.Path, "--ready", "3"],
                    Output = log,
                    Descriptors = [tell],
                    Forget = true,
                });
            }

            // One byte from a store that listens; from one that cannot, why, because a full disk has no room for its log either.
            var word = new byte[512];
            var length = Descriptors.Read(listens, word);
            if (length > 0 && word[0] != Ready)
                throw new HostException($"start xenstored in {run.Path}: {Encoding.UTF8.GetString(word.AsSpan(1, length - 1))}", word[0]);
        }

        return TryOpen(run) ?? throw new HostException($"start xenstored in {run.Path} (see {state.Path}/{StoreLocation.LogName})", Errno.ECONNREFUSED);
    }

    /// <summary>Tells whoever started this process that the store listens.</summary>
    internal static void SayReady(string descriptor)
    {
        using var tell = Descriptors.Own(int.Parse(descriptor, CultureInfo.InvariantCulture));
        Descriptors.WriteAll(tell, [Ready]);
    }

    /// <summary>Tells whoever started this process why the store cannot run.</summary>
    internal static void SayFailure(string descriptor, HostException cause)
    {
        using var tell = Descriptors.Own(int.Parse(descriptor, CultureInfo.InvariantCulture));
        var text = Encoding.UTF8.GetBytes(cause.Operation);
        Descriptors.WriteAll(tell, [(byte)cause.Errno, .. text.AsSpan(0, Math.Min(text.Length, 400))]);
    }

    /// <summary>Holds the lock under which stores are started, or null if a start is under way.</summary>
    internal static FileLock? TryTakeStartLock(DirectoryHandle state) => FileLock.TryTake(state, StartLock);
}
