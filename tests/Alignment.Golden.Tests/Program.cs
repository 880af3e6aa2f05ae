using Alignment.Golden.Tests.Harness;
using Xunit.Runner.InProc.SystemConsole;

// One program, two uses: `--golden` prints the table over any fixtures folder; anything else goes to the xunit runner.
return args is ["--golden", ..] ? GoldenRun.Execute(args) : await ConsoleRunner.Run(args);
