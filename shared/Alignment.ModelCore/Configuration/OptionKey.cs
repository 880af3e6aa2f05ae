using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Alignment.ModelCore.Configuration;

/// <summary>
/// One key of an options class: its name, its property, what its <see cref="OptionAttribute"/> says and, for a key in a section, the
/// property that holds the section.
/// </summary>
public sealed record OptionKey(string Name, PropertyInfo Property, OptionAttribute About, PropertyInfo? Section = null)
{
    /// <summary>Every key of <paramref name="type"/>, base classes first, in the order of declaration; those in sections last.</summary>
    public static IReadOnlyList<OptionKey> Of(Type type)
    {
        var own = Plain(type);
        return [.. own, .. Sections(type).SelectMany(s => Plain(s.PropertyType).Select(k => k with { Name = $"{SnakeCase(s.Name)}.{k.Name}", Section = s }))];
    }

    /// <summary>The sections of <paramref name="type"/> by name.</summary>
    public static IReadOnlyDictionary<string, PropertyInfo> SectionsOf(Type type) => Sections(type).ToDictionary(s => SnakeCase(s.Name), StringComparer.Ordinal);

    private static IEnumerable<PropertyInfo> Sections(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.IsDefined(typeof(OptionGroupAttribute))).OrderBy(p => p.MetadataToken);

    private static List<OptionKey> Plain(Type type)
    {
        var keys = new List<OptionKey>();
        for (var t = type; t is not null && t != typeof(object); t = t.BaseType)
        {
            keys.InsertRange(0, t.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .OrderBy(p => p.MetadataToken)
                .Select(p => (Property: p, About: p.GetCustomAttribute<OptionAttribute>()))
                .Where(x => x.About is not null)
                .Select(x => new OptionKey(SnakeCase(x.Property.Name), x.Property, x.About!)));
        }

        return keys;
    }

    /// <summary>The default as a job file would spell it; empty when there is none.</summary>
    public string DefaultOf(object options) => Spell(Get(options));

    /// <summary>The key's value in <paramref name="options"/>.</summary>
    public object? Get(object options) => Property.GetValue(Holder(options));

    public void Set(object options, object? value) => Property.SetValue(Holder(options), value);

    private object Holder(object options) => Section is null ? options : Section.GetValue(options)!;

    /// <summary>The allowed values in words: <c>0 … 1</c>, <c>&gt; 0</c>, <c>linear | cosine</c>.</summary>
    public string Range()
    {
        if (About.Choices.Length > 0)
        {
            return string.Join(" | ", About.Choices.Split('|').Select(c => c.Length == 0 ? "(empty)" : c));
        }

        var (low, high) = (!double.IsNaN(About.Min), !double.IsNaN(About.Max));
        var open = About.AboveMin ? "> " : "≥ ";
        return (low, high) switch
        {
            (true, true) => string.Create(CultureInfo.InvariantCulture, $"{(About.AboveMin ? "> " : "")}{About.Min} … {About.Max}"),
            (true, false) => string.Create(CultureInfo.InvariantCulture, $"{open}{About.Min}"),
            (false, true) => string.Create(CultureInfo.InvariantCulture, $"≤ {About.Max}"),
            _ => Kind(),
        };
    }

    /// <summary>What sort of value the key takes.</summary>
    public string Kind() => (Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType) switch
    {
        var t when t == typeof(bool) => "true | false",
        var t when t == typeof(int) || t == typeof(long) || t == typeof(ulong) => "whole number",
        var t when t == typeof(double) => "number",
        var t when t == typeof(IReadOnlyList<string>) => "text, or a list of texts",
        var t when t == typeof(IReadOnlyList<double>) => "a list of numbers",
        _ => "text",
    };

    private static string Spell(object? value) => value switch
    {
        null => "",
        bool b => b ? "true" : "false",
        string s => s,
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable list => string.Join(", ", list.Cast<object>().Select(Spell)),
        _ => value.ToString() ?? "",
    };

    private static string SnakeCase(string name)
    {
        var s = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && i > 0 && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]))))
            {
                s.Append('_');
            }

            s.Append(char.ToLowerInvariant(name[i]));
        }

        return s.ToString();
    }
}
