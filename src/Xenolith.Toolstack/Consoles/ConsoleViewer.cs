using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;

namespace Xenolith.Toolstack.Consoles;

/// <summary>How a viewer's session ended.</summary>
public enum ConsoleEnd
{
    /// <summary>The domain has gone, and everything it wrote was shown.</summary>
    DomainGone,

    /// <summary>The user typed the key that leaves; the domain lives on.</summary>
    Left,

    /// <summary>Nobody reads our output any more.</summary>
    OutputClosed,
}

/// <summary>
/// A console in a terminal (or in a pipe): what the guest writes goes to standard output; keys go to the guest, if standard input is a terminal.
/// <para>Thread ownership: one thread; a signal may restore the terminal at any time.</para>
/// </summary>
public sealed class ConsoleViewer : IDisposable
{
    private readonly SafeFileHandle _console;

    private ConsoleViewer(SafeFileHandle console) => _console = console;

    /// <summary>Attaches; when this returns, the monitor counts us as a viewer.</summary>
    internal static ConsoleViewer Attach(SafeFileHandle socket, bool replay)
    {
        Span<byte> answer = stackalloc byte[1];
        Descriptors.WriteAll(socket, [replay ? ConsoleProtocol.Replay : ConsoleProtocol.New]);
        return Descriptors.Read(socket, answer) == 1 && answer[0] == ConsoleProtocol.Attached
            ? new(socket)
            : throw new ToolstackException("the console closed before it could be attached: the domain has ended. If it reboots, it is there again in a moment; see: xl list");
    }

    /// <summary>The connection.</summary>
    internal SafeFileHandle Socket => _console;

    /// <summary>Shows the console until the domain goes or the user leaves.</summary>
    /// <param name="leaveKey">The byte of the key that leaves; ^] unless given.</param>
    public ConsoleEnd Run(byte leaveKey = ConsoleProtocol.LeaveKey) => Run(StandardStreams.Input, StandardStreams.Output, leaveKey);

    /// <summary>The same with given streams. Input that is no terminal is not read.</summary>
    internal ConsoleEnd Run(SafeFileHandle input, SafeFileHandle output, byte leaveKey = ConsoleProtocol.LeaveKey)
    {
        var interactive = TerminalMode.IsTerminal(input);
        var mode = interactive ? TerminalMode.MakeRaw(input) : null;
        var signals = new List<PosixSignalRegistration>();
        try
        {
            foreach (var signal in (PosixSignal[])(mode is null ? [] : [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT]))
            {
                // Not cancelled: the signal still ends us, but not the user's terminal.
                signals.Add(PosixSignalRegistration.Create(signal, _ => mode!.Restore()));
            }

            return Pump(input, output, interactive, leaveKey);
        }
        finally
        {
            mode?.Restore();
            signals.ForEach(s => s.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _console.Dispose();

    private ConsoleEnd Pump(SafeFileHandle input, SafeFileHandle output, bool interactive, byte leaveKey)
    {
        var buffer = new byte[16 * 1024];
        Span<PollEntry> entries = stackalloc PollEntry[2];
        while (true)
        {
            entries[0] = new() { Descriptor = Descriptors.Number(_console), Wanted = PollEvents.Readable };
            entries[1] = new() { Descriptor = interactive ? Descriptors.Number(input) : -1, Wanted = PollEvents.Readable };
            Poller.Wait(entries, Timeout.Infinite);
            if (entries[0].Happened != PollEvents.None)
            {
                var count = Descriptors.Read(_console, buffer);
                if (count == 0)
                {
                    return ConsoleEnd.DomainGone;
                }

                try
                {
                    Descriptors.WriteAll(output, buffer.AsSpan(0, count));
                }
                catch (HostException e) when (e.Errno == Errno.EPIPE)
                {
                    return ConsoleEnd.OutputClosed;
                }
            }

            if (interactive && entries[1].Happened != PollEvents.None)
            {
                var count = Descriptors.Read(input, buffer);
                var leave = count <= 0 ? 0 : buffer.AsSpan(0, count).IndexOf(leaveKey);
                Type(buffer.AsSpan(0, leave >= 0 ? leave : count));
                if (leave >= 0)
                {
                    return ConsoleEnd.Left;
                }
            }
        }
    }

    private void Type(ReadOnlySpan<byte> keys)
    {
        try
        {
            Descriptors.WriteAll(_console, keys);
        }
        catch (HostException e) when (e.Errno == Errno.EPIPE)
        {
            // The domain has gone; the next read says so, after the last of its output.
        }
    }
}
