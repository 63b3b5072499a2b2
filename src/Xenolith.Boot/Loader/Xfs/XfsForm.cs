namespace Xenolith.Boot.Loader.Xfs;

/// <summary>How a file's content is kept (di_format).</summary>
internal enum XfsForm : byte
{
    /// <summary>In the inode itself: short directories and links.</summary>
    Local = 1,

    /// <summary>In extents that are listed in the inode.</summary>
    Extents = 2,

    /// <summary>In extents that are listed in a tree, whose root is in the inode.</summary>
    Tree = 3,
}
