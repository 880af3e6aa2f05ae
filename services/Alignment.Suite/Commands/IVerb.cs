using System.CommandLine;

namespace Alignment.Suite.Commands;

/// <summary>One verb of <c>align</c>; one file each, found by reflection, with a parameterless constructor.</summary>
internal interface IVerb
{
    /// <summary>The verb with its options, help text and action. The action returns the exit code.</summary>
    Command Build();
}
