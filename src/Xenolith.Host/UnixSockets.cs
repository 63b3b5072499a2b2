using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>How a local socket carries data.</summary>
public enum UnixSocketKind
{
    /// <summary>A byte stream.</summary>
    Stream = 1,

    /// <summary>Whole messages in order, each with its descriptors.</summary>
    Messages = 5,
}

/// <summary>
/// AF_UNIX sockets on raw descriptors. Paths are always reached through a directory descriptor (<c>/proc/self/fd/N/name</c>), because a socket's
/// path ends at 107 bytes while a run directory may lie anywhere.
/// </summary>
public static partial class UnixSockets
{
    private const int AfUnix = 1;
    private const int Cloexec = 0x80000;
    private const int Nonblock = 0x800;
    private const int SolSocket = 1;
    private const int SoPeercred = 17;
    private const int PathBytes = 108;

    /// <summary>Two connected sockets.</summary>
    public static (SafeFileHandle First, SafeFileHandle Second) Pair(UnixSocketKind kind)
    {
        Span<int> pair = stackalloc int[2];
        return SocketPair(AfUnix, (int)kind | Cloexec, 0, ref MemoryMarshal.GetReference(pair)) == 0
            ? (Descriptors.Own(pair[0]), Descriptors.Own(pair[1]))
            : throw HostException.Last("make a socket pair");
    }

    /// <summary>A listening, non-blocking socket; mode 0600. An old socket of that name is replaced: the caller has checked that its owner is dead.</summary>
    public static SafeFileHandle Listen(DirectoryHandle directory, string name, UnixSocketKind kind)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var socket = Open((int)kind | Nonblock);
        Span<byte> address = stackalloc byte[2 + PathBytes];
        var length = WriteAddress(directory, name, address);
        directory.Delete(name);
        // Between bind and chmod the socket has the umask's mode; the directory (0700 for all but root) and the absence of a listener guard it.
        if (Bind(Descriptors.Number(socket), ref address[0], length) != 0
            || Chmod(directory.PathOf(name), 0x180) != 0
            || ListenCall(Descriptors.Number(socket), 64) != 0)
        {
            var error = HostException.Last($"listen on {directory.Path}/{name}");
            socket.Dispose();
            throw error;
        }

        return socket;
    }

    /// <summary>The next waiting connection (blocking mode), or null if there is none.</summary>
    public static SafeFileHandle? Accept(SafeHandle listener)
    {
        var socket = Accept4(Descriptors.Number(listener), 0, 0, Cloexec);
        if (socket >= 0)
        {
            return Descriptors.Own(socket);
        }

        // ECONNABORTED, EMFILE and the like concern one client: nobody to talk to is the whole answer.
        return null;
    }

    /// <summary>A connection to a listening socket; null if the name does not exist or nobody listens.</summary>
    /// <param name="directory">Where it is.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="wait">False: throw with <see cref="Errno.EAGAIN"/> rather than wait for a listener that accepts nothing; the socket is then non-blocking.</param>
    public static SafeFileHandle? Connect(DirectoryHandle directory, string name, UnixSocketKind kind, bool wait = true)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var socket = Open((int)kind | (wait ? 0 : Nonblock));
        Span<byte> address = stackalloc byte[2 + PathBytes];
        var length = WriteAddress(directory, name, address);
        if (ConnectCall(Descriptors.Number(socket), ref address[0], length) == 0)
        {
            return socket;
        }

        var errno = Marshal.GetLastPInvokeError();
        socket.Dispose();
        return errno is Errno.ENOENT or Errno.ECONNREFUSED ? null : throw new HostException($"connect to {directory.Path}/{name}", errno);
    }

    /// <summary>
    /// Asks for room for so many bytes on their way from a socket: all of it with CAP_NET_ADMIN, else as much as net.core.wmem_max allows.
    /// </summary>
    public static void SetSendBuffer(SafeHandle socket, int bytes)
    {
        const int sendBuffer = 7, sendBufferForce = 32;
        if (SetSockOpt(Descriptors.Number(socket), SolSocket, sendBufferForce, ref bytes, sizeof(int)) != 0
            && SetSockOpt(Descriptors.Number(socket), SolSocket, sendBuffer, ref bytes, sizeof(int)) != 0)
        {
            throw HostException.Last("set a socket's send buffer");
        }
    }

    /// <summary>Process and user id of a connected peer (SO_PEERCRED).</summary>
    public static (int Pid, uint Uid) Peer(SafeHandle socket)
    {
        Span<int> credentials = stackalloc int[3];
        var size = 12;
        return GetSockOpt(Descriptors.Number(socket), SolSocket, SoPeercred, ref MemoryMarshal.GetReference(credentials), ref size) == 0
            ? (credentials[0], (uint)credentials[1])
            : throw HostException.Last("read a peer's credentials");
    }

    private static SafeFileHandle Open(int kind)
    {
        var socket = SocketCall(AfUnix, kind | Cloexec, 0);
        return socket >= 0 ? Descriptors.Own(socket) : throw HostException.Last("make a socket");
    }

    private static int WriteAddress(DirectoryHandle directory, string name, Span<byte> address)
    {
        BitConverter.TryWriteBytes(address, (ushort)AfUnix);
        var path = directory.PathOf(name);
        if (Encoding.UTF8.GetByteCount(path) >= PathBytes)
        {
            throw new ArgumentException($"socket name {name} is too long", nameof(name));
        }

        return 2 + Encoding.UTF8.GetBytes(path, address[2..]) + 1;
    }

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int SocketPair(int domain, int kind, int protocol, ref int pair);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketCall(int domain, int kind, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int socket, ref byte address, int length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int ListenCall(int socket, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept4(int socket, nint address, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int ConnectCall(int socket, ref byte address, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetSockOpt(int socket, int level, int option, ref int value, ref int size);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetSockOpt(int socket, int level, int option, ref int value, int size);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chmod(string path, uint mode);
}
