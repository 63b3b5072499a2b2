namespace Xenolith.Config.Grammar;

/// <summary>What a key stands at after all assignments to it.</summary>
/// <param name="Name">The key.</param>
/// <param name="Position">Where its last assignment begins.</param>
/// <param name="Value">Its value; after <c>+=</c> the joined one.</param>
/// <param name="Appended">Whether the last assignment was <c>+=</c>; libxlu then refuses to see a number in it.</param>
public sealed record CfgSetting(string Name, SourcePosition Position, CfgValue Value, bool Appended);
