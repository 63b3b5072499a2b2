namespace Xenolith.Host;

/// <summary>Children that nobody waits for; reaped on occasion, so that a long-lived parent does not gather zombies.</summary>
internal static class Forgotten
{
    private static readonly List<ProcessHandle> Children = [];

    /// <summary>Remembers a child just started.</summary>
    public static void Add(int pid)
    {
        lock (Children)
        {
            Children.Add(ProcessHandle.OfChild(pid));
        }
    }

    /// <summary>Takes away those that have ended.</summary>
    public static void Reap()
    {
        lock (Children)
        {
            Children.RemoveAll(child =>
            {
                if (child.Reap() is null)
                {
                    return false;
                }

                child.Dispose();
                return true;
            });
        }
    }
}
