namespace Xenolith.Boot.Loader.Menus;

/// <summary>A menu as it lies on a guest's disk.</summary>
internal abstract class BootMenu
{
    /// <summary>The titles of all entries in order, for errors and for <c>--entry</c>.</summary>
    public abstract IReadOnlyList<string> Titles { get; }

    /// <summary>The entry that a machine would boot if nobody touched a key.</summary>
    /// <exception cref="ImageException">There is none.</exception>
    public abstract BootEntry Default();

    /// <summary>The entry that <c>--entry</c> asks for, by number or title; null if there is none such.</summary>
    public abstract BootEntry? Find(string wanted);
}
