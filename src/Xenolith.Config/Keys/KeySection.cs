using System.Collections.Immutable;

namespace Xenolith.Config.Keys;

/// <summary>A section of the table of keys, as help and docs/support.md print it.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Keys">Its keys in reading order.</param>
public sealed record KeySection(string Title, ImmutableArray<ConfigKey> Keys);
