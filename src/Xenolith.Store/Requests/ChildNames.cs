using Xenolith.Store.Tree;

namespace Xenolith.Store.Requests;

/// <summary>The names of a node's children as one list of zero-terminated strings, as the protocol knows it.</summary>
internal static class ChildNames
{
    /// <summary>Copies whole names, from a byte offset in the list on, as long as they fit.</summary>
    /// <param name="branch">The node.</param>
    /// <param name="offset">Bytes of the list to leave out; within a name, the rest of that name is copied.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="limit">Bytes that may be used.</param>
    /// <param name="atEnd">Whether the list ends here.</param>
    /// <returns>Bytes used.</returns>
    public static int Copy(Branch branch, int offset, Span<byte> to, int limit, out bool atEnd)
    {
        var used = 0;
        foreach (var chunk in branch.Chunks)
        {
            if (offset >= chunk.NameBytes)
            {
                offset -= chunk.NameBytes;
                continue;
            }

            for (var i = 0; i < chunk.Count; i++)
            {
                var name = chunk[i].Name;
                if (offset > name.Length)
                {
                    offset -= name.Length + 1;
                    continue;
                }

                name = name[offset..];
                offset = 0;
                if (used + name.Length + 1 > limit)
                {
                    atEnd = false;
                    return used;
                }

                name.CopyTo(to[used..]);
                used += name.Length;
                to[used++] = 0;
            }
        }

        atEnd = true;
        return used;
    }
}
