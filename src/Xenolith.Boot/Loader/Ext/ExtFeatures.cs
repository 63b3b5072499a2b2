namespace Xenolith.Boot.Loader.Ext;

/// <summary>The incompatible features of an ext file system (s_feature_incompat): what a reader must understand.</summary>
[Flags]
internal enum ExtFeatures : uint
{
    /// <summary>Directory entries carry a file type.</summary>
    FileType = 0x2,

    /// <summary>The journal holds what the file system has not got yet.</summary>
    NeedsRecovery = 0x4,

    /// <summary>It is no file system but the journal of one.</summary>
    JournalDevice = 0x8,

    /// <summary>Group descriptors are spread over the disk.</summary>
    MetaGroups = 0x10,

    /// <summary>Files use extents.</summary>
    Extents = 0x40,

    /// <summary>Block numbers have 64 bits.</summary>
    Bits64 = 0x80,

    /// <summary>Multiple mount protection.</summary>
    MountProtection = 0x100,

    /// <summary>Groups keep their metadata together.</summary>
    FlexibleGroups = 0x200,

    /// <summary>Extended attributes can be inodes.</summary>
    AttributeInodes = 0x400,

    /// <summary>Directory entries can carry data.</summary>
    DirectoryData = 0x1000,

    /// <summary>The seed of checksums stands in the superblock.</summary>
    ChecksumSeed = 0x2000,

    /// <summary>Directories can be larger than 2 GiB.</summary>
    LargeDirectories = 0x4000,

    /// <summary>Small files lie in their inode.</summary>
    InlineData = 0x8000,

    /// <summary>Some files are encrypted.</summary>
    Encryption = 0x10000,

    /// <summary>Some directories ignore case.</summary>
    CaseFolding = 0x20000,

    /// <summary>All that is read here.</summary>
    Readable = FileType | NeedsRecovery | MetaGroups | Extents | Bits64 | MountProtection | FlexibleGroups | AttributeInodes | DirectoryData
        | ChecksumSeed | LargeDirectories | InlineData | Encryption | CaseFolding,
}
