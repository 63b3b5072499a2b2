namespace Xenolith.Store.Requests;

/// <summary>Where the store says what an administrator should know.</summary>
public interface IStoreLog
{
    /// <summary>Something happened as it should.</summary>
    void Note(string line);

    /// <summary>Something was refused or went wrong.</summary>
    void Warn(string line);
}
