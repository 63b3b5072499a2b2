namespace Xenolith.Boot.Loader;

/// <summary>
/// How much work an image may cause: a tree that refers to itself, or a script that loops, ends here with words, long before the process's own
/// limit of time. One thread.
/// </summary>
/// <param name="steps">Steps granted; one is a block of metadata read, a directory entry, a command of a menu's script.</param>
internal sealed class ReadBudget(long steps)
{
    /// <summary>Generous for a disk of any honest size, and less than a few seconds of work.</summary>
    public const long Default = 5_000_000;

    private long _left = steps;

    /// <summary>Takes steps.</summary>
    /// <exception cref="ImageException">None is left.</exception>
    public void Spend(long count = 1)
    {
        _left -= count;
        if (_left < 0)
        {
            throw new ImageException("finding the kernel takes more steps than any honest disk needs");
        }
    }
}
