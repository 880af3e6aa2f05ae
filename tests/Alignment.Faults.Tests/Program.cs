using Alignment.Faults.Tests.Children;
using Xunit.Runner.InProc.SystemConsole;

// One program, two uses: `--child` is a process of the suite that the tests kill; anything else goes to the xunit runner.
return args is ["--child", ..] ? await Child.RunAsync() : await ConsoleRunner.Run(args);
