; The installer of Windows: for one user, without an administrator's rights.
;   makensis -DVERSION=0.1.0 -DBUNDLE=FOLDER -DICON=eremo.ico -DOUTPUT=FILE eremo.nsi
Unicode true
SetCompressor /SOLID lzma
RequestExecutionLevel user

!include MUI2.nsh
!include FileFunc.nsh

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Eremo"

Name "Eremo"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\Eremo"
InstallDirRegKey HKCU "Software\Eremo" "Folder"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Eremo"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Installs Eremo"
VIAddVersionKey "LegalCopyright" "The Eremo developers"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\eremow.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Open Eremo"
!insertmacro MUI_PAGE_LICENSE "${BUNDLE}/LICENSE"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Section "Eremo"
  ; What an older version had and this one hasn't must not stay. Chats lie elsewhere.
  RMDir /r "$INSTDIR\lib"
  SetOutPath "$INSTDIR"
  File /r "${BUNDLE}/*"
  File "/oname=eremo.ico" "${ICON}"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortCut "$SMPROGRAMS\Eremo.lnk" "$INSTDIR\eremow.exe" "" "$INSTDIR\eremo.ico"

  ; Offered for GGUF and JSON files; nothing that the user has chosen is changed.
  WriteRegStr HKCU "Software\Classes\Eremo.Model" "" "GGUF language model"
  WriteRegStr HKCU "Software\Classes\Eremo.Model\DefaultIcon" "" "$INSTDIR\eremo.ico"
  WriteRegStr HKCU "Software\Classes\Eremo.Model\shell\open\command" "" \
    '"$INSTDIR\eremow.exe" open "%1"'
  WriteRegStr HKCU "Software\Classes\.gguf\OpenWithProgids" "Eremo.Model" ""
  WriteRegStr HKCU "Software\Classes\Applications\eremow.exe" "FriendlyAppName" "Eremo"
  WriteRegStr HKCU "Software\Classes\Applications\eremow.exe\shell\open\command" "" \
    '"$INSTDIR\eremow.exe" open "%1"'
  WriteRegStr HKCU "Software\Classes\Applications\eremow.exe\SupportedTypes" ".gguf" ""
  WriteRegStr HKCU "Software\Classes\Applications\eremow.exe\SupportedTypes" ".json" ""

  WriteRegStr HKCU "Software\Eremo" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "DisplayName" "Eremo"
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${KEY}" "Publisher" "The Eremo developers"
  WriteRegStr HKCU "${KEY}" "DisplayIcon" "$INSTDIR\eremo.ico"
  WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD HKCU "${KEY}" "EstimatedSize" "$0"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd

Section "Uninstall"
  ; Only what was installed: the folder may be one that the user chose, with other files in it.
  RMDir /r "$INSTDIR\lib"
  Delete "$INSTDIR\eremo.exe"
  Delete "$INSTDIR\eremow.exe"
  Delete "$INSTDIR\eremo.ico"
  Delete "$INSTDIR\LICENSE"
  Delete "$INSTDIR\THIRD-PARTY-LICENCES.txt"
  Delete "$INSTDIR\sbom.json"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Eremo.lnk"
  DeleteRegKey HKCU "Software\Classes\Eremo.Model"
  DeleteRegValue HKCU "Software\Classes\.gguf\OpenWithProgids" "Eremo.Model"
  DeleteRegKey HKCU "Software\Classes\Applications\eremow.exe"
  DeleteRegKey HKCU "Software\Eremo"
  DeleteRegKey HKCU "${KEY}"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'

  ; A silent removal keeps the data.
  MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 \
    "Delete your chats, settings and models in $LOCALAPPDATA\eremo, too?$\r$\n$\r$\nThis can't be undone." \
    /SD IDNO IDNO keep
  RMDir /r "$LOCALAPPDATA\eremo"
  keep:
SectionEnd
