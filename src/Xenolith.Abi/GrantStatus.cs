namespace Xenolith.Abi;

/// <summary>GNTST_* of public/grant_table.h: what each operation of a batch reports.</summary>
public static class GrantStatus
{
    /// <summary>Done.</summary>
    public const short Okay = 0;

    /// <summary>Failed for another reason.</summary>
    public const short GeneralError = -1;

    /// <summary>No such domain, or not for this one.</summary>
    public const short BadDomain = -2;

    /// <summary>No such grant, or not of the kind that is needed.</summary>
    public const short BadReference = -3;

    /// <summary>No such mapping.</summary>
    public const short BadHandle = -4;

    /// <summary>The bus address is not the mapping's.</summary>
    public const short BadDeviceAddress = -6;

    /// <summary>Not allowed.</summary>
    public const short PermissionDenied = -8;

    /// <summary>The frame is not usable.</summary>
    public const short BadPage = -9;

    /// <summary>A copy that leaves a page.</summary>
    public const short BadCopyArgument = -10;

    /// <summary>In use now; try again.</summary>
    public const short TryAgain = -12;

    /// <summary>Too many mappings.</summary>
    public const short NoSpace = -13;
}
