using System.Buffers.Binary;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Permissions;

/// <summary>A node's permissions as they are kept: three bytes an entry, the owner's first.</summary>
internal readonly ref struct PackedPermissions(ReadOnlySpan<byte> bytes)
{
    /// <summary>Bytes of one entry.</summary>
    public const int EntrySize = 3;

    /// <summary>More entries than this are refused even to the control domain.</summary>
    public const int MaxEntries = 255;

    /// <summary>The entries' bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>How many entries there are; at least one.</summary>
    public int Count => Bytes.Length / EntrySize;

    /// <summary>The domain that owns the node.</summary>
    public ushort Owner => this[0].Domid;

    /// <summary>An entry.</summary>
    public Permission this[int index]
    {
        get
        {
            var entry = Bytes.Slice(index * EntrySize, EntrySize);
            return new(BinaryPrimitives.ReadUInt16LittleEndian(entry), (AccessRights)entry[2]);
        }
    }

    /// <summary>Writes an entry into three bytes.</summary>
    public static void Put(Span<byte> to, Permission permission)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to, permission.Domid);
        to[2] = (byte)permission.Rights;
    }

    /// <summary>What the actor may do: everything for the owner and the control domain, else its entry's rights, else the first entry's.</summary>
    public AccessRights RightsOf(in Actor actor)
    {
        if (actor.IsPrivileged || Means(actor, this[0].Domid))
            return AccessRights.Both | AccessRights.Owner;
        for (var i = 1; i < Count; i++)
        {
            if (Means(actor, this[i].Domid))
                return this[i].Rights;
        }

        return this[0].Rights;
    }

    private static bool Means(in Actor actor, ushort domid) => actor.Is(domid) || domid == WireLimits.AnyDomid;
}
