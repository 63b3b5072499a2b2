using System.Buffers.Binary;
using Xenolith.Abi.Net;
using Xenolith.Devices.Rings;
using Xenolith.Host.Files;
using Xenolith.Machine.Grants;

namespace Xenolith.Devices.Net.Guest;

/// <summary>
/// The pages that a guest lent for packets to come: taken off its receive ring ahead of time and mapped, so that frames are received straight
/// into them. They are answered in the order taken, since frontends expect each response in the slot of its request. Owned by one thread.
/// </summary>
public sealed class RxSlots
{
    /// <summary>Pages held at most: two of the largest packets.</summary>
    public const int Most = 64;

    private const int PageSize = 4096, Mask = Most - 1;

    private readonly SharedRing _ring;
    private readonly IGrantedPages _grants;
    private readonly GrantMapping[] _pages = new GrantMapping[Most];
    private readonly ushort[] _ids = new ushort[Most];
    private readonly int[] _dirty = new int[Most];
    private readonly byte[] _entry = new byte[NetifLayout.RxEntrySize];
    private int _first;

    /// <summary>Over a receive ring.</summary>
    public RxSlots(SharedRing ring, IGrantedPages grants)
    {
        _ring = ring;
        _grants = grants;
    }

    /// <summary>Pages held.</summary>
    public int Count { get; private set; }

    /// <summary>Takes requests until so many pages are held; true if they are.</summary>
    /// <exception cref="RingException">The guest broke its ring, or lent a page that it does not have.</exception>
    public bool Fill(int wanted)
    {
        while (Count < wanted && _ring.TryTake(_entry))
        {
            var gref = BinaryPrimitives.ReadUInt32LittleEndian(_entry.AsSpan(NetifLayout.RxGref));
            var place = (_first + Count) & Mask;
            if (!_grants.TryMap(gref, write: true, out _pages[place]))
            {
                throw new RingException($"grant {gref} of a receive buffer does not exist or does not allow writing by Domain-0");
            }

            _ids[place] = BinaryPrimitives.ReadUInt16LittleEndian(_entry);
            _dirty[place] = 0;
            Count++;
        }

        return Count >= wanted;
    }

    /// <summary>A held page as a place to receive into.</summary>
    public MemoryRun Run(int index) => new(_pages[(_first + index) & Mask].Page, PageSize);

    /// <summary>The first bytes of a held page.</summary>
    public Span<byte> Bytes(int index, int length) => MappedBytes.At(_pages[(_first + index) & Mask].Page, length);

    /// <summary>Notes that so many bytes at the start of a held page were written.</summary>
    public void Written(int index, int length)
    {
        ref var dirty = ref _dirty[(_first + index) & Mask];
        dirty = Math.Max(dirty, length);
    }

    /// <summary>Answers the first held page with data.</summary>
    public void Complete(int length, NetifRxFlags flags)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_entry, _ids[_first]);
        BinaryPrimitives.WriteUInt16LittleEndian(_entry.AsSpan(NetifLayout.RxResponseOffset), 0);
        BinaryPrimitives.WriteUInt16LittleEndian(_entry.AsSpan(NetifLayout.RxResponseFlags), (ushort)flags);
        BinaryPrimitives.WriteInt16LittleEndian(_entry.AsSpan(NetifLayout.RxResponseStatus), (short)length);
        Answer();
    }

    /// <summary>Answers the first held page with extra information: the segments of a large packet.</summary>
    public void CompleteGso(NetifGsoType type, ushort size)
    {
        _entry.AsSpan().Clear();
        _entry[0] = (byte)NetifExtraType.Gso;
        BinaryPrimitives.WriteUInt16LittleEndian(_entry.AsSpan(NetifLayout.ExtraData), size);
        _entry[NetifLayout.ExtraGsoType] = (byte)type;
        Answer();
    }

    /// <summary>Asks the guest for an event before going to sleep; true if there are requests already.</summary>
    public bool Arm() => _ring.ArmAndCheck();

    /// <summary>Publishes the answers; true if the guest asked to be notified.</summary>
    public bool Push() => _ring.Push();

    /// <summary>Gives all pages back, unanswered: the connection ends.</summary>
    public void Release()
    {
        for (; Count > 0; Count--)
        {
            Unmap();
        }
    }

    private void Answer()
    {
        // The guest takes its page back as soon as it sees the answer.
        Unmap();
        Count--;
        _ring.Put(_entry);
    }

    private void Unmap()
    {
        _grants.Unmap(in _pages[_first], 0, _dirty[_first]);
        _first = (_first + 1) & Mask;
    }
}
