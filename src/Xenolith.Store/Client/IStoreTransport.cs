namespace Xenolith.Store.Client;

/// <summary>How a client's bytes get to a store and back. One user at a time.</summary>
public interface IStoreTransport : IDisposable
{
    /// <summary>A descriptor that becomes readable when something arrives, or -1 if there is none.</summary>
    int FileDescriptor { get; }

    /// <summary>Sends everything; throws <see cref="IOException"/> if the store is gone.</summary>
    void Send(ReadOnlySpan<byte> data);

    /// <summary>Waits for at least one byte: the number of bytes, 0 when the store is gone, -1 after the timeout.</summary>
    /// <param name="buffer">Where they go.</param>
    /// <param name="milliseconds">Longest wait; negative for ever.</param>
    int Receive(Span<byte> buffer, int milliseconds);
}
