using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>Answers one request into a queue.</summary>
/// <param name="Output">Where the reply goes.</param>
/// <param name="Type">The request's type, repeated unless there is an error.</param>
/// <param name="RequestId">The request's id.</param>
/// <param name="TransactionId">The request's transaction.</param>
internal readonly record struct Reply(OutputQueue Output, MessageType Type, uint RequestId, uint TransactionId)
{
    /// <summary>Answers OK.</summary>
    public StoreError Ok() => Send("OK\0"u8);

    /// <summary>Answers with a payload, or E2BIG if it is too long.</summary>
    public StoreError Send(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > WireLimits.Payload)
            return StoreError.E2BIG;
        Output.Append(new(Type, RequestId, TransactionId, (uint)payload.Length), payload);
        return StoreError.None;
    }

    /// <summary>Room for a reply of at most that many bytes; finish with <see cref="End"/>.</summary>
    public Span<byte> Begin(int atMost) => Output.Reserve(MessageHeader.Size + atMost)[MessageHeader.Size..];

    /// <summary>Completes a reply begun with <see cref="Begin"/>.</summary>
    public StoreError End(int length)
    {
        new MessageHeader(Type, RequestId, TransactionId, (uint)length).Write(Output.Reserve(MessageHeader.Size + length));
        Output.Commit(MessageHeader.Size + length);
        return StoreError.None;
    }

    /// <summary>Answers with an error.</summary>
    public void Fail(StoreError error)
    {
        var payload = error.Payload();
        Output.Append(new(MessageType.Error, RequestId, TransactionId, (uint)payload.Length), payload);
    }
}
