using System.Collections.Immutable;

namespace Xenolith.Config.Grammar;

/// <summary>A value of xl.cfg(5): an atom or a list.</summary>
/// <param name="Position">Where it begins.</param>
public abstract record CfgValue(SourcePosition Position)
{
    /// <summary>The kind of value in a person's words, for messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>A string or a number. The grammar does not tell them apart: <c>memory = "256"</c> is as good as <c>memory = 256</c>.</summary>
/// <param name="Position">Where it begins.</param>
/// <param name="Text">Its characters, quotes and escapes resolved.</param>
/// <param name="Quoted">Whether it was written in quotes.</param>
public sealed record CfgAtom(SourcePosition Position, string Text, bool Quoted) : CfgValue(Position)
{
    /// <inheritdoc/>
    public override string Kind => Quoted ? "a string" : "a number";
}

/// <summary>A list; its items may be lists again (vnuma, vsnd).</summary>
/// <param name="Position">Where its <c>[</c> stands.</param>
/// <param name="Items">Its items in order.</param>
public sealed record CfgList(SourcePosition Position, ImmutableArray<CfgValue> Items) : CfgValue(Position)
{
    /// <inheritdoc/>
    public override string Kind => "a list";
}
