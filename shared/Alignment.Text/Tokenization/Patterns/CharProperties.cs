using System.Globalization;
using static System.Globalization.UnicodeCategory;

namespace Alignment.Text.Tokenization.Patterns;

/// <summary>Unicode properties by their regular-expression names, as Oniguruma spells and defines them.</summary>
internal static class CharProperties
{
    private static readonly Dictionary<string, UnicodeCategory[]> Categories = new(StringComparer.Ordinal)
    {
        ["l"] = [UppercaseLetter, LowercaseLetter, TitlecaseLetter, ModifierLetter, OtherLetter], ["letter"] = [UppercaseLetter, LowercaseLetter, TitlecaseLetter, ModifierLetter, OtherLetter],
        ["lc"] = [UppercaseLetter, LowercaseLetter, TitlecaseLetter], ["casedletter"] = [UppercaseLetter, LowercaseLetter, TitlecaseLetter],
        ["lu"] = [UppercaseLetter], ["uppercaseletter"] = [UppercaseLetter], ["ll"] = [LowercaseLetter], ["lowercaseletter"] = [LowercaseLetter],
        ["lt"] = [TitlecaseLetter], ["titlecaseletter"] = [TitlecaseLetter], ["lm"] = [ModifierLetter], ["modifierletter"] = [ModifierLetter],
        ["lo"] = [OtherLetter], ["otherletter"] = [OtherLetter],
        ["m"] = [NonSpacingMark, SpacingCombiningMark, EnclosingMark], ["mark"] = [NonSpacingMark, SpacingCombiningMark, EnclosingMark],
        ["combiningmark"] = [NonSpacingMark, SpacingCombiningMark, EnclosingMark],
        ["mn"] = [NonSpacingMark], ["nonspacingmark"] = [NonSpacingMark], ["mc"] = [SpacingCombiningMark], ["spacingmark"] = [SpacingCombiningMark],
        ["me"] = [EnclosingMark], ["enclosingmark"] = [EnclosingMark],
        ["n"] = [DecimalDigitNumber, LetterNumber, OtherNumber], ["number"] = [DecimalDigitNumber, LetterNumber, OtherNumber],
        ["nd"] = [DecimalDigitNumber], ["decimalnumber"] = [DecimalDigitNumber], ["digit"] = [DecimalDigitNumber],
        ["nl"] = [LetterNumber], ["letternumber"] = [LetterNumber], ["no"] = [OtherNumber], ["othernumber"] = [OtherNumber],
        ["p"] = [ConnectorPunctuation, DashPunctuation, OpenPunctuation, ClosePunctuation, InitialQuotePunctuation, FinalQuotePunctuation, OtherPunctuation],
        ["punctuation"] = [ConnectorPunctuation, DashPunctuation, OpenPunctuation, ClosePunctuation, InitialQuotePunctuation, FinalQuotePunctuation, OtherPunctuation],
        ["pc"] = [ConnectorPunctuation], ["connectorpunctuation"] = [ConnectorPunctuation], ["pd"] = [DashPunctuation], ["dashpunctuation"] = [DashPunctuation],
        ["ps"] = [OpenPunctuation], ["openpunctuation"] = [OpenPunctuation], ["pe"] = [ClosePunctuation], ["closepunctuation"] = [ClosePunctuation],
        ["pi"] = [InitialQuotePunctuation], ["initialpunctuation"] = [InitialQuotePunctuation], ["pf"] = [FinalQuotePunctuation],
        ["finalpunctuation"] = [FinalQuotePunctuation], ["po"] = [OtherPunctuation], ["otherpunctuation"] = [OtherPunctuation],
        ["s"] = [MathSymbol, CurrencySymbol, ModifierSymbol, OtherSymbol], ["symbol"] = [MathSymbol, CurrencySymbol, ModifierSymbol, OtherSymbol],
        ["sm"] = [MathSymbol], ["mathsymbol"] = [MathSymbol], ["sc"] = [CurrencySymbol], ["currencysymbol"] = [CurrencySymbol],
        ["sk"] = [ModifierSymbol], ["modifiersymbol"] = [ModifierSymbol], ["so"] = [OtherSymbol], ["othersymbol"] = [OtherSymbol],
        ["z"] = [SpaceSeparator, LineSeparator, ParagraphSeparator], ["separator"] = [SpaceSeparator, LineSeparator, ParagraphSeparator],
        ["zs"] = [SpaceSeparator], ["spaceseparator"] = [SpaceSeparator], ["zl"] = [LineSeparator], ["lineseparator"] = [LineSeparator],
        ["zp"] = [ParagraphSeparator], ["paragraphseparator"] = [ParagraphSeparator],
        ["c"] = [Control, Format, Surrogate, PrivateUse, OtherNotAssigned], ["other"] = [Control, Format, Surrogate, PrivateUse, OtherNotAssigned],
        ["cc"] = [Control], ["control"] = [Control], ["cf"] = [Format], ["format"] = [Format], ["cs"] = [Surrogate], ["surrogate"] = [Surrogate],
        ["co"] = [PrivateUse], ["privateuse"] = [PrivateUse], ["cn"] = [OtherNotAssigned], ["unassigned"] = [OtherNotAssigned],
    };

    private static readonly Dictionary<string, Func<int, bool>> Named = new(StringComparer.Ordinal)
    {
        ["any"] = _ => true, ["assigned"] = c => Category(c) != OtherNotAssigned, ["ascii"] = c => c < 128,
        ["alpha"] = IsAlphabetic, ["alphabetic"] = IsAlphabetic, ["alnum"] = c => IsAlphabetic(c) || IsDigit(c),
        ["blank"] = c => c == '\t' || Category(c) == SpaceSeparator, ["cntrl"] = c => Category(c) == Control,
        ["space"] = IsSpace, ["whitespace"] = IsSpace, ["word"] = IsWord, ["xdigit"] = IsHex,
        ["upper"] = c => Category(c) == UppercaseLetter || IsOtherUpper(c), ["uppercase"] = c => Category(c) == UppercaseLetter || IsOtherUpper(c),
        ["lower"] = IsLower, ["lowercase"] = IsLower,
        ["punct"] = c => IsPunctuation(c) || "$+<=>^`|~".Contains((char)Math.Min(c, 0xFFFF)),
        ["graph"] = IsGraph, ["print"] = c => IsGraph(c) || Category(c) == SpaceSeparator,
    };

    /// <summary>The set for a property name, or null when there is none of that name.</summary>
    public static Func<int, bool>? Find(string name)
    {
        var key = name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
        if (Named.TryGetValue(key, out var p))
        {
            return p;
        }

        if (Categories.TryGetValue(key, out var list))
        {
            var mask = list.Aggregate(0u, (m, c) => m | 1u << (int)c);
            return c => (mask >> (int)Category(c) & 1) != 0;
        }

        return Unicode.Scripts.Find(key);
    }

    public static UnicodeCategory Category(int c) => CharUnicodeInfo.GetUnicodeCategory(c);

    /// <summary>The White_Space property.</summary>
    public static bool IsSpace(int c) => c is (>= 9 and <= 13) or 32 or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A) or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    public static bool IsDigit(int c) => Category(c) == DecimalDigitNumber;

    public static bool IsNumber(int c) => Category(c) is DecimalDigitNumber or LetterNumber or OtherNumber;

    public static bool IsMark(int c) => Category(c) is NonSpacingMark or SpacingCombiningMark or EnclosingMark;

    public static bool IsPunctuation(int c) => Category(c) is >= ConnectorPunctuation and <= OtherPunctuation;

    /// <summary>Alphabetic, marks, decimal digits and connectors.</summary>
    public static bool IsWord(int c) => IsAlphabetic(c) || IsMark(c) || Category(c) is DecimalDigitNumber or ConnectorPunctuation;

    /// <summary>Oniguruma's <c>\w</c> outside brackets: below 256 it has a table of its own, in which ² ³ ¹ ¼ ½ ¾ are word characters.</summary>
    public static bool IsWordEscape(int c) => IsWord(c) || c is 0xB2 or 0xB3 or 0xB9 or (>= 0xBC and <= 0xBE);

    /// <summary>Word characters of Rust's regex crate: with the two joiners.</summary>
    public static bool IsRustWord(int c) => IsWord(c) || c is 0x200C or 0x200D;

    // Other_Alphabetic's non-marks: circled and squared Latin letters. Its marks are spelled by category, close to the letter of the property.
    public static bool IsAlphabetic(int c) => Category(c) is <= OtherLetter or LetterNumber
        || c is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    public static bool IsHex(int c) => c is (>= '0' and <= '9') or (>= 'a' and <= 'f') or (>= 'A' and <= 'F');

    private static bool IsOtherUpper(int c) => c is (>= 0x2160 and <= 0x216F) or (>= 0x24B6 and <= 0x24CF) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    private static bool IsLower(int c) => Category(c) == LowercaseLetter || c is 0xAA or 0xBA or (>= 0x2B0 and <= 0x2B8) or 0x2C0 or 0x2C1 or (>= 0x2E0 and <= 0x2E4) or 0x345 or 0x37A
        or (>= 0x1D2C and <= 0x1D6A) or 0x1D78 or (>= 0x1D9B and <= 0x1DBF) or 0x2071 or 0x207F or (>= 0x2090 and <= 0x209C) or (>= 0x2170 and <= 0x217F) or (>= 0x24D0 and <= 0x24E9);

    private static bool IsGraph(int c) => !IsSpace(c) && Category(c) is not (Control or Surrogate or OtherNotAssigned);
}
