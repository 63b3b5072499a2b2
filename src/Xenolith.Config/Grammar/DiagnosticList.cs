using System.Collections;

namespace Xenolith.Config.Grammar;

/// <summary>Collects what is to be said about a configuration, in the order found, so that one run reports every mistake.</summary>
public sealed class DiagnosticList : IReadOnlyCollection<Diagnostic>
{
    private readonly List<Diagnostic> _items = [];

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <summary>The gravest severity seen, or null when nothing was said.</summary>
    public Severity? Worst { get; private set; }

    /// <summary>Whether no domain can be described by the text.</summary>
    public bool HasErrors => Worst >= Severity.Rejected;

    /// <summary>Adds an error: the configuration is not valid.</summary>
    public void Error(SourcePosition? at, string message) => Add(new(Severity.Error, at, message));

    /// <summary>Adds an error of creation: valid, but no domain can be made from it.</summary>
    public void Creation(SourcePosition? at, string message) => Add(new(Severity.Creation, at, message));

    /// <summary>Adds a warning.</summary>
    public void Warning(SourcePosition? at, string message) => Add(new(Severity.Warning, at, message));

    /// <summary>Adds a note.</summary>
    public void Note(SourcePosition? at, string message) => Add(new(Severity.Note, at, message));

    /// <summary>Adds <paramref name="diagnostic"/>.</summary>
    public void Add(Diagnostic diagnostic)
    {
        _items.Add(diagnostic);
        if (Worst is null || diagnostic.Severity > Worst)
            Worst = diagnostic.Severity;
    }

    /// <summary>Forgets all but the first <paramref name="count"/>: consequences of a mistake already reported.</summary>
    internal void TruncateTo(int count) => _items.RemoveRange(count, _items.Count - count);

    /// <inheritdoc/>
    public IEnumerator<Diagnostic> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
