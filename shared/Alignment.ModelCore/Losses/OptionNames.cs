using System.Text;

namespace Alignment.ModelCore.Losses;

/// <summary>The snake_case spellings that configuration files use for the options of the losses.</summary>
public static class OptionNames
{
    /// <summary><c>ExoPair</c> → <c>exo_pair</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum
    {
        var text = new StringBuilder();
        foreach (var c in value.ToString())
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }

    /// <summary><c>exo_pair</c> → <c>ExoPair</c>.</summary>
    /// <exception cref="ArgumentException">No such value; the message lists all.</exception>
    public static T Parse<T>(string name)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Of(value) == name)
            {
                return value;
            }
        }

        throw new ArgumentException($"'{name}' is not one of {string.Join(", ", Enum.GetValues<T>().Select(Of))}.");
    }
}
