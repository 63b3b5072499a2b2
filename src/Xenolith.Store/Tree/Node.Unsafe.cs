using System.Runtime.CompilerServices;

namespace Xenolith.Store.Tree;

/// <summary>
/// A node of the tree: a <see cref="Branch"/>, or, if it never had children, its record alone. Most nodes are leaves, and a leaf
/// costs one small array and one slot in its parent's <see cref="Chunk"/>.
/// </summary>
internal readonly struct Node(object? slot)
{
    private readonly object? _slot = slot;

    /// <summary>What is put into a chunk's slot.</summary>
    public object Slot => _slot!;

    /// <summary>Whether there is a node.</summary>
    public bool Exists => _slot is not null;

    /// <summary>The node as one with children, or null for a leaf.</summary>
    public Branch? Branch => _slot is { } slot && slot.GetType() == typeof(Branch) ? Unsafe.As<Branch>(slot) : null;

    /// <summary>The node's record.</summary>
    // SAFETY: a slot holds a Branch or a byte[] and nothing else (Chunk is filled only from Node); the checked cast to byte[]
    // would look for sbyte[] and enumerations too, at each step of each search.
    public byte[] Record => _slot!.GetType() == typeof(Branch) ? Unsafe.As<Branch>(_slot).Record : Unsafe.As<byte[]>(_slot);

    /// <summary>The last component of the node's path.</summary>
    public ReadOnlySpan<byte> Name => NodeRecord.NameOf(Record);

    /// <summary>The record, readable.</summary>
    public NodeRecord Content => new(Record);
}
