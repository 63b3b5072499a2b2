using System.Runtime.CompilerServices;

namespace Xenolith.Translator.Cache;

/// <summary>
/// How a bound on memory is shared between emitted code, its side tables and the branch hashes of the vCPUs. The shares follow what Debian's kernels and
/// programs need (about 43 bytes of code and one row for a guest instruction, ten rows and two links for a block); whatever is full first starts the cache again.
/// </summary>
/// <param name="Code">Bytes of code, page-aligned.</param>
/// <param name="Blocks">Most blocks.</param>
/// <param name="Rows">Most rows.</param>
/// <param name="Links">Most links.</param>
internal readonly record struct CodeBudget(int Code, int Blocks, int Rows, int Links)
{
    /// <summary>Heads of the lists by key; a power of two.</summary>
    public const int Buckets = 1 << 16;

    private const int Page = 4096, LeastCode = 256 * 1024;

    // Of 64 parts: code, blocks, rows and links.
    private const int CodeParts = 46, BlockParts = 8, RowParts = 6, LinkParts = 4, AllParts = CodeParts + BlockParts + RowParts + LinkParts;

    /// <summary>Bytes of all side tables.</summary>
    public int TableBytes => BlockBytes + RowBytes + LinkBytes + (Buckets * sizeof(int));

    /// <summary>Bytes of the table of blocks, page-aligned.</summary>
    public int BlockBytes => Pages(Blocks * Unsafe.SizeOf<CodeBlock>());

    /// <summary>Bytes of the table of rows, page-aligned.</summary>
    public int RowBytes => Pages(Rows * Unsafe.SizeOf<CodeRow>());

    /// <summary>Bytes of the table of links, page-aligned.</summary>
    public int LinkBytes => Pages(Links * Unsafe.SizeOf<CodeLink>());

    /// <summary>Shares a bound out.</summary>
    /// <param name="bytes">Most bytes of everything together.</param>
    /// <param name="vcpus">How many vCPUs bring branch hashes, which come off first but never take more than half.</param>
    public static CodeBudget Share(int bytes, int vcpus)
    {
        var hashes = Math.Min((long)vcpus * 2 * State.HashBytes, bytes / 2);
        var part = Math.Max((bytes - hashes - (Buckets * sizeof(int))) / AllParts, LeastCode / CodeParts);
        return new(
            (int)(part * CodeParts) & -Page,
            ((int)(part * BlockParts) & -Page) / Unsafe.SizeOf<CodeBlock>(),
            ((int)(part * RowParts) & -Page) / Unsafe.SizeOf<CodeRow>(),
            ((int)(part * LinkParts) & -Page) / Unsafe.SizeOf<CodeLink>());
    }

    private static int Pages(int bytes) => (bytes + Page - 1) & -Page;
}
