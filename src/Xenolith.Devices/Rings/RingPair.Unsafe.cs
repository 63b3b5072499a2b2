using Xenolith.Abi.Io;

namespace Xenolith.Devices.Rings;

/// <summary>The two directions of a console or xenstore ring page.</summary>
public sealed unsafe class RingPair
{
    private readonly nint _errorWord;

    private RingPair(ByteRing fromGuest, ByteRing toGuest, nint errorWord)
    {
        FromGuest = fromGuest;
        ToGuest = toGuest;
        _errorWord = errorWord;
    }

    /// <summary>What the guest writes.</summary>
    public ByteRing FromGuest { get; }

    /// <summary>What the guest reads.</summary>
    public ByteRing ToGuest { get; }

    /// <summary>A console ring's page.</summary>
    public static RingPair OfConsole(nint page) => new(
        new ByteRing(page, ConsoleRing.Out, ConsoleRing.OutSize, ConsoleRing.OutConsumer, ConsoleRing.OutProducer),
        new ByteRing(page, ConsoleRing.In, ConsoleRing.InSize, ConsoleRing.InConsumer, ConsoleRing.InProducer),
        0);

    /// <summary>A xenstore ring's page.</summary>
    public static RingPair OfXenstore(nint page)
    {
        // SAFETY: inside the page.
        Volatile.Write(ref *(uint*)(page + XenstoreRing.ServerFeatures), XenstoreRing.FeatureError);
        return new(
            new ByteRing(page, XenstoreRing.Requests, XenstoreRing.Size, XenstoreRing.RequestConsumer, XenstoreRing.RequestProducer),
            new ByteRing(page, XenstoreRing.Responses, XenstoreRing.Size, XenstoreRing.ResponseConsumer, XenstoreRing.ResponseProducer),
            page + XenstoreRing.Error);
    }

    /// <summary>Tells the guest, where the ring has a word for it, that its indices are wrong (XENSTORE_ERROR_RINGIDX).</summary>
    internal void ReportBrokenIndices()
    {
        const uint RingIndexError = 2;
        if (_errorWord != 0)
        {
            // SAFETY: inside the page, see OfXenstore.
            Volatile.Write(ref *(uint*)_errorWord, RingIndexError);
        }
    }
}
