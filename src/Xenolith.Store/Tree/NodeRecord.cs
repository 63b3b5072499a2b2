using System.Buffers.Binary;
using Xenolith.Store.Permissions;

namespace Xenolith.Store.Tree;

/// <summary>
/// What is kept of a node besides its children, in one array: u16 length of the name, u8 number of permissions, the permissions,
/// the name, the value. One small array a node is what makes a hundred thousand nodes cheap.
/// </summary>
internal readonly ref struct NodeRecord(ReadOnlySpan<byte> bytes)
{
    private const int Fixed = 3;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The last component of the node's path.</summary>
    public ReadOnlySpan<byte> Name => NameOf(_bytes);

    /// <summary>Who may do what.</summary>
    public PackedPermissions Permissions => new(_bytes.Slice(Fixed, _bytes[2] * PackedPermissions.EntrySize));

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value => _bytes[ValueOffset(_bytes)..];

    /// <summary>The name in a record.</summary>
    public static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> record) =>
        record.Slice(Fixed + record[2] * PackedPermissions.EntrySize, BinaryPrimitives.ReadUInt16LittleEndian(record));

    /// <summary>Where the value begins in a record.</summary>
    public static int ValueOffset(ReadOnlySpan<byte> record) =>
        Fixed + record[2] * PackedPermissions.EntrySize + BinaryPrimitives.ReadUInt16LittleEndian(record);

    /// <summary>The domain that owns the node of a record.</summary>
    public static ushort OwnerOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16LittleEndian(record[Fixed..]);

    /// <summary>Makes a record.</summary>
    public static byte[] Create(ReadOnlySpan<byte> name, PackedPermissions permissions, ReadOnlySpan<byte> value)
    {
        var record = new byte[Fixed + permissions.Bytes.Length + name.Length + value.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(record, (ushort)name.Length);
        record[2] = (byte)permissions.Count;
        permissions.Bytes.CopyTo(record.AsSpan(Fixed));
        name.CopyTo(record.AsSpan(Fixed + permissions.Bytes.Length));
        value.CopyTo(record.AsSpan(Fixed + permissions.Bytes.Length + name.Length));
        return record;
    }

    /// <summary>A record with the same name and permissions and another value.</summary>
    public static byte[] WithValue(ReadOnlySpan<byte> record, ReadOnlySpan<byte> value)
    {
        var keep = ValueOffset(record);
        var changed = new byte[keep + value.Length];
        record[..keep].CopyTo(changed);
        value.CopyTo(changed.AsSpan(keep));
        return changed;
    }
}
