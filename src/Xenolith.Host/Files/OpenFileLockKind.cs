namespace Xenolith.Host.Files;

/// <summary>Kinds of lock, by the kernel's numbers (F_RDLCK, F_WRLCK, F_UNLCK).</summary>
internal enum OpenFileLockKind : short
{
    /// <summary>Others may share it.</summary>
    Shared = 0,

    /// <summary>Nobody else has any.</summary>
    Exclusive = 1,

    /// <summary>Gives the lock up.</summary>
    None = 2,
}
